resource "huaweicloud_ccm_private_ca" "main" {
  type                = "ROOT"
  key_algorithm       = "EC256"
  signature_algorithm = "SHA256"
  pending_days        = "7"

  distinguished_name {
    common_name         = "Authentication"
    country             = "CN"
    state               = "Beijing"
    locality            = "Beijing"
    organization        = "Example"
    organizational_unit = "PKI"
  }

  validity {
    type  = "YEAR"
    value = 1
  }

  tags = {
    # What has to be escaped where it is signed.
    "key-1" = "value @ 1+2=3"
  }
}

# The id of the project is in its path.
data "huaweicloud_kms_quotas" "all" {}

data "huaweicloud_kms_keys" "all" {}

data "huaweicloud_ccm_certificates" "all" {}

data "huaweicloud_ccm_private_cas" "by_name" {
  name       = huaweicloud_ccm_private_ca.main.distinguished_name[0].common_name
  status     = "ACTIVED"
  depends_on = [huaweicloud_ccm_private_ca.main]
}

data "huaweicloud_identity_projects" "all" {}

data "huaweicloud_enterprise_projects" "all" {}

output "found" {
  value = length(data.huaweicloud_ccm_private_cas.by_name.cas)
}
