variable "ca_id" {
  description = "A CA whose deletion is scheduled."
  type        = string
}

resource "huaweicloud_ccm_private_ca_restore" "main" {
  ca_id = var.ca_id
}

data "huaweicloud_ccm_private_cas" "disabled" {
  status     = "DISABLED"
  depends_on = [huaweicloud_ccm_private_ca_restore.main]
}

output "is_back" {
  value = contains(data.huaweicloud_ccm_private_cas.disabled.cas[*].id, var.ca_id)
}
