variable "doomed_key_id" {
  description = "A key whose deletion is scheduled."
  type        = string
}

variable "grant" {
  description = "A grant that its retiring principal, who runs this, gives up."
  type        = object({ key_id = string, grant_id = string })
}

resource "huaweicloud_kms_cancel_key_deletion" "main" {
  key_id = var.doomed_key_id
}

resource "huaweicloud_kms_retire_grant" "main" {
  key_id   = var.grant.key_id
  grant_id = var.grant.grant_id
}

data "huaweicloud_kms_grants" "left" {
  key_id     = var.grant.key_id
  depends_on = [huaweicloud_kms_retire_grant.main]
}

output "key_state" {
  value = huaweicloud_kms_cancel_key_deletion.main.key_state
}

output "grants_left" {
  value = data.huaweicloud_kms_grants.left.grants == null ? 0 : length(data.huaweicloud_kms_grants.left.grants)
}
