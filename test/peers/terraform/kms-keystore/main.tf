variable "cluster_id" {
  description = "The HSM's name in the settings of the program."
  type        = string
}

resource "huaweicloud_kms_dedicated_keystore" "main" {
  alias          = "terraform"
  hsm_cluster_id = var.cluster_id
  hsm_ca_cert    = file(var.ca_file)

  # What the provider does not read back, and so does not know after an import.
  lifecycle {
    ignore_changes = [hsm_ca_cert]
  }
}

resource "huaweicloud_kms_dedicated_keystore_action" "main" {
  keystore_id = huaweicloud_kms_dedicated_keystore.main.id
  action      = var.step == 1 ? "enable" : "disable"
}

data "huaweicloud_kms_dedicated_keystores" "all" {
  depends_on = [huaweicloud_kms_dedicated_keystore.main]
}
