variable "bucket" {
  description = "A bucket of the account, for CRLs."
  type        = string
}

locals {
  name = {
    country             = "CN"
    state               = "Beijing"
    locality            = "Beijing"
    organization        = "Example"
    organizational_unit = "PKI"
  }
}

resource "huaweicloud_ccm_private_ca" "root" {
  type                = "ROOT"
  key_algorithm       = "EC384"
  signature_algorithm = "SHA384"
  pending_days        = "7"

  distinguished_name {
    common_name         = "Example Root"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 10
  }

  tags = {
    level = "root"
    step  = tostring(var.step)
  }

  # What the provider does not read back, and so does not know after an import.
  lifecycle {
    ignore_changes = [validity, pending_days]
  }
}

resource "huaweicloud_ccm_private_ca" "issuer" {
  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA384"
  path_length         = 1
  pending_days        = "7"
  key_usages          = ["digitalSignature", "cRLSign", "keyCertSign"]

  distinguished_name {
    common_name         = "Example Issuing CA"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 5
  }

  crl_configuration {
    enabled         = var.step == 1
    obs_bucket_name = var.step == 1 ? var.bucket : null
    valid_days      = var.step == 1 ? 8 : null
  }

  lifecycle {
    ignore_changes = [validity, pending_days, key_usages]
  }

  depends_on = [huaweicloud_identity_agency.crl]
}

# What lets CRLs be written into the account's bucket.
resource "huaweicloud_identity_agency" "crl" {
  name                   = "PCAAccessPrivateOBS"
  description            = "CRLs of private CAs"
  delegated_service_name = "op_svc_pca"
  domain_roles           = ["OBS OperateAccess"]
}

resource "huaweicloud_ccm_private_ca" "monthly" {
  type                = "ROOT"
  key_algorithm       = "RSA2048"
  signature_algorithm = "SHA256"
  pending_days        = "7"
  charging_mode       = "prePaid"
  auto_renew          = "true"

  distinguished_name {
    common_name         = "Monthly Root"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "MONTH"
    value = 1
  }

  lifecycle {
    ignore_changes = [validity, pending_days, auto_renew]
  }
}

resource "huaweicloud_ccm_private_ca" "disabled" {
  type                = "ROOT"
  key_algorithm       = "SM2"
  signature_algorithm = "SM3"
  pending_days        = "7"
  action              = var.step == 1 ? "disable" : "enable"

  distinguished_name {
    common_name         = "SM2 Root"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 3
  }

  lifecycle {
    ignore_changes = [validity, pending_days]
  }
}

resource "huaweicloud_ccm_private_ca" "revoked" {
  type                = "SUBORDINATE"
  issuer_id           = huaweicloud_ccm_private_ca.root.id
  key_algorithm       = "RSA4096"
  signature_algorithm = "SHA512"
  pending_days        = "7"

  distinguished_name {
    common_name         = "Revoked CA"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "YEAR"
    value = 1
  }

  lifecycle {
    ignore_changes = [validity, pending_days]
  }
}

resource "huaweicloud_ccm_private_ca_revoke" "revoked" {
  ca_id  = huaweicloud_ccm_private_ca.revoked.id
  reason = "SUPERSEDED"
}

resource "huaweicloud_ccm_private_ca_switch_ocsp" "issuer" {
  ca_id       = huaweicloud_ccm_private_ca.issuer.id
  ocsp_switch = var.step == 1
}

resource "huaweicloud_ccm_private_certificate" "server" {
  issuer_id           = huaweicloud_ccm_private_ca.issuer.id
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  key_usage           = ["digitalSignature"]
  server_auth         = true

  distinguished_name {
    common_name = "www.example.com"
  }

  validity {
    type  = "DAY"
    value = 90
  }

  subject_alternative_names {
    type  = "DNS"
    value = "www.example.com"
  }

  tags = {
    use  = "server"
    step = tostring(var.step)
  }

  lifecycle {
    ignore_changes = [validity, key_usage, server_auth, subject_alternative_names]
  }
}

resource "huaweicloud_ccm_private_certificate" "full" {
  issuer_id               = huaweicloud_ccm_private_ca.issuer.id
  key_algorithm           = "RSA2048"
  signature_algorithm     = "SHA384"
  key_usage               = ["digitalSignature", "keyEncipherment"]
  server_auth             = true
  client_auth             = true
  email_protection        = true
  object_identifier       = "1.3.6.1.4.1.99999.1"
  object_identifier_value = "example"

  distinguished_name {
    common_name         = "full.example.com"
    country             = local.name.country
    state               = local.name.state
    locality            = local.name.locality
    organization        = local.name.organization
    organizational_unit = local.name.organizational_unit
  }

  validity {
    type  = "MONTH"
    value = 6
  }

  dynamic "subject_alternative_names" {
    for_each = [["DNS", "full.example.com"], ["IP", "192.0.2.1"], ["EMAIL", "who@example.com"], ["URI", "https://example.com/x"]]
    content {
      type  = subject_alternative_names.value[0]
      value = subject_alternative_names.value[1]
    }
  }

  lifecycle {
    ignore_changes = [
      validity, key_usage, server_auth, client_auth, email_protection, object_identifier, object_identifier_value,
      subject_alternative_names,
    ]
  }
}

resource "huaweicloud_ccm_private_certificate" "revoked" {
  issuer_id           = huaweicloud_ccm_private_ca.issuer.id
  key_algorithm       = "EC384"
  signature_algorithm = "SHA256"

  distinguished_name {
    common_name = "revoked.example.com"
  }

  validity {
    type  = "HOUR"
    value = 12
  }

  lifecycle {
    ignore_changes = [validity]
  }
}

resource "huaweicloud_ccm_private_certificate_revoke" "revoked" {
  certificate_id = huaweicloud_ccm_private_certificate.revoked.id
  reason         = "KEY_COMPROMISE"
}

data "huaweicloud_ccm_private_ca_export" "root" {
  ca_id = huaweicloud_ccm_private_ca.root.id
}

data "huaweicloud_ccm_private_certificate_export" "server" {
  for_each       = toset(["APACHE", "NGINX", "OTHER", "IIS", "TOMCAT"])
  certificate_id = huaweicloud_ccm_private_certificate.server.id
  type           = each.key
}

data "huaweicloud_ccm_private_cas" "all" {
  depends_on = [huaweicloud_ccm_private_ca.issuer, huaweicloud_ccm_private_ca.disabled]
}

data "huaweicloud_ccm_private_cas" "by_name" {
  name       = "Example"
  status     = "ACTIVED"
  type       = "SUBORDINATE"
  sort_key   = "create_time"
  sort_dir   = "DESC"
  depends_on = [huaweicloud_ccm_private_ca.issuer]
}

data "huaweicloud_ccm_private_cas_by_tags" "root" {
  tags {
    key    = "level"
    values = ["root"]
  }
  matches {
    key   = "resource_name"
    value = "Example"
  }
  depends_on = [huaweicloud_ccm_private_ca.root]
}

data "huaweicloud_ccm_private_ca_tags" "all" {
  depends_on = [huaweicloud_ccm_private_ca.root]
}

data "huaweicloud_ccm_private_ca_quota" "quota" {
  depends_on = [huaweicloud_ccm_private_ca.root]
}

data "huaweicloud_ccm_private_ca_agency" "agency" {
  depends_on = [huaweicloud_identity_agency.crl]
}

data "huaweicloud_ccm_private_ca_config_console" "console" {}

data "huaweicloud_ccm_private_certificates" "all" {
  depends_on = [huaweicloud_ccm_private_certificate.full, huaweicloud_ccm_private_certificate.server]
}

data "huaweicloud_ccm_private_certificates" "by_name" {
  name       = "www"
  status     = "ISSUED"
  sort_key   = "create_time"
  sort_dir   = "ASC"
  depends_on = [huaweicloud_ccm_private_certificate.server]
}

data "huaweicloud_ccm_private_certificates_by_tags" "server" {
  tags {
    key    = "use"
    values = ["server"]
  }
  depends_on = [huaweicloud_ccm_private_certificate.server]
}

data "huaweicloud_ccm_private_certificate_tags" "all" {
  depends_on = [huaweicloud_ccm_private_certificate.server]
}

data "huaweicloud_ccm_private_certificate_quota" "quota" {
  depends_on = [huaweicloud_ccm_private_certificate.server]
}
