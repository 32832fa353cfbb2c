variable "host_name" {
  description = "A name whose verification records the test publishes."
  type        = string
}

variable "imported" {
  description = "A certificate of another CA, its chain and its key, in PEM."
  type        = object({ certificate = string, chain = string, key = string })
  sensitive   = true
}

variable "issued" {
  description = "Whether the certificate that was applied for is there."
  type        = bool
  default     = false
}

resource "huaweicloud_ccm_csr" "main" {
  name             = "terraform-${var.step}"
  domain_name      = var.host_name
  private_key_algo = "EC_P256"
  usage            = "PERSONAL"
}

resource "huaweicloud_ccm_csr" "enterprise" {
  name             = "terraform-enterprise"
  domain_name      = var.host_name
  private_key_algo = "RSA_2048"
  usage            = "ENTERPRISE"
  sans             = "a.${var.host_name};b.${var.host_name}"
  company_country  = "CN"
  company_province = "Beijing"
  company_city     = "Beijing"
  company_name     = "Example"
}

resource "huaweicloud_ccm_certificate" "single" {
  cert_brand     = "GEOTRUST"
  cert_type      = "DV_SSL_CERT_BASIC"
  domain_type    = "SINGLE_DOMAIN"
  effective_time = 1
  domain_numbers = 1

  # What the provider does not read back, and so does not know after an import.
  lifecycle {
    ignore_changes = [effective_time, tags]
  }
}

resource "huaweicloud_ccm_certificate" "multi" {
  cert_brand             = "GEOTRUST"
  cert_type              = "OV_SSL_CERT"
  domain_type            = "MULTI_DOMAIN"
  effective_time         = 1
  domain_numbers         = 4
  primary_domain_type    = "SINGLE_DOMAIN"
  single_domain_number   = 1
  wildcard_domain_number = 2

  tags = {
    use  = "terraform"
    step = tostring(var.step)
  }

  lifecycle {
    ignore_changes = [effective_time, single_domain_number]
  }
}

resource "huaweicloud_ccm_certificate" "cancelled" {
  cert_brand     = "GEOTRUST"
  cert_type      = "DV_SSL_CERT"
  domain_type    = "WILDCARD"
  effective_time = 1
  domain_numbers = 1

  lifecycle {
    ignore_changes = [effective_time]
  }
}

resource "huaweicloud_ccm_certificate_apply" "single" {
  certificate_id  = huaweicloud_ccm_certificate.single.id
  domain          = var.host_name
  csr             = huaweicloud_ccm_csr.main.csr
  applicant_name  = "Example"
  applicant_phone = "13212345678"
  applicant_email = "who@example.com"
  domain_method   = "DNS"
}

resource "huaweicloud_ccm_certificate_apply" "cancelled" {
  certificate_id  = huaweicloud_ccm_certificate.cancelled.id
  domain          = "*.${var.host_name}"
  applicant_name  = "Example"
  applicant_phone = "13212345678"
  applicant_email = "who@example.com"
  domain_method   = "DNS"
}

resource "huaweicloud_ccm_certificate_cancel_request" "cancelled" {
  certificate_id = huaweicloud_ccm_certificate_apply.cancelled.certificate_id
}

resource "huaweicloud_ccm_certificate_import" "main" {
  name              = "terraform-imported"
  certificate       = var.imported.certificate
  certificate_chain = var.imported.chain
  private_key       = var.imported.key

  target {
    service = "ELB"
    project = [local.bootstrap.project_name]
  }

  dynamic "target" {
    for_each = var.step == 1 ? [] : ["CDN"]
    content {
      service = target.value
    }
  }

}

resource "huaweicloud_ccm_certificate_import" "not_pushed" {
  name              = "terraform-not-pushed"
  certificate       = var.imported.certificate
  certificate_chain = var.imported.chain
  private_key       = var.imported.key

  lifecycle {
    ignore_changes = [certificate, certificate_chain, private_key]
  }
}

data "huaweicloud_ccm_csrs" "all" {
  depends_on = [huaweicloud_ccm_csr.main, huaweicloud_ccm_csr.enterprise]
}

data "huaweicloud_ccm_csrs" "by_name" {
  name             = huaweicloud_ccm_csr.main.name
  private_key_algo = "EC_P256"
}

data "huaweicloud_ccm_csr_private_key" "main" {
  csr_id = huaweicloud_ccm_csr.main.id
}

data "huaweicloud_ccm_certificates" "all" {
  depends_on = [huaweicloud_ccm_certificate.multi, huaweicloud_ccm_certificate_import.main]
}

data "huaweicloud_ccm_certificates" "uploaded" {
  status         = "UPLOAD"
  deploy_support = true
  depends_on     = [huaweicloud_ccm_certificate_import.main]
}

data "huaweicloud_ccm_certificate_tags" "all" {
  depends_on = [huaweicloud_ccm_certificate.multi]
}

data "huaweicloud_ccm_certificates_by_tags" "filter" {
  resource_instances = "resource_instances"
  action             = "filter"
  tags {
    key    = "use"
    values = ["terraform"]
  }
  depends_on = [huaweicloud_ccm_certificate.multi]
}

data "huaweicloud_ccm_certificates_by_tags" "count" {
  resource_instances = "resource_instances"
  action             = "count"
  tags {
    key    = "use"
    values = ["terraform"]
  }
  depends_on = [huaweicloud_ccm_certificate.multi]
}

data "huaweicloud_ccm_certificate_export" "imported" {
  certificate_id = huaweicloud_ccm_certificate_import.main.id
}

data "huaweicloud_ccm_certificate_export" "issued" {
  count          = var.issued ? 1 : 0
  certificate_id = huaweicloud_ccm_certificate.single.id
}

resource "huaweicloud_ccm_certificate_deploy" "cdn" {
  count          = var.issued ? 1 : 0
  certificate_id = huaweicloud_ccm_certificate.single.id
  service_name   = "CDN"
  resources {
    domain_name = var.host_name
  }
}

resource "huaweicloud_ccm_certificate_deploy" "elb" {
  count          = var.issued ? 1 : 0
  certificate_id = huaweicloud_ccm_certificate.single.id
  service_name   = "ELB"
  project_name   = local.bootstrap.project_name
  resources {
    id = "listener"
  }
}

data "huaweicloud_ccm_deployed_resources" "main" {
  certificate_ids = [huaweicloud_ccm_certificate_import.main.id]
  service_names   = ["CDN", "ELB", "WAF"]
}
