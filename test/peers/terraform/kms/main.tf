variable "alias" {
  description = "An alias that exists, of another key."
  type        = string
}

variable "material" {
  description = "Material for the external key, once that is there: as import-key-material takes it."
  type        = object({ import_token = string, encrypted_key_material = string })
  default     = null
}

resource "huaweicloud_enterprise_project" "kms" {
  name = "terraform-kms"
}

resource "huaweicloud_kms_key" "main" {
  key_alias         = "terraform-${var.step}"
  key_description   = "step ${var.step}"
  pending_days      = "7"
  is_enabled        = true
  rotation_enabled  = var.step != 1
  rotation_interval = var.step == 1 ? null : 30

  tags = {
    step = tostring(var.step)
    use  = "terraform"
  }

  # What the provider does not read back, and so does not know after an import.
  lifecycle {
    ignore_changes = [pending_days]
  }
}

resource "huaweicloud_kms_key" "disabled" {
  key_alias             = "terraform-disabled"
  pending_days          = "7"
  is_enabled            = var.step != 1
  enterprise_project_id = huaweicloud_enterprise_project.kms.id

  lifecycle {
    ignore_changes = [pending_days]
  }
}

resource "huaweicloud_kms_key" "of" {
  for_each = {
    RSA_3072 = "ENCRYPT_DECRYPT"
    EC_P256  = "SIGN_VERIFY"
    SM2      = "SIGN_VERIFY"
    SM4      = "ENCRYPT_DECRYPT"
    HMAC_256 = "GENERATE_VERIFY_MAC"
  }
  key_alias     = "terraform-${each.key}"
  key_algorithm = each.key
  key_usage     = each.value
  pending_days  = "7"

  lifecycle {
    ignore_changes = [pending_days]
  }
}

resource "huaweicloud_kms_key" "external" {
  key_alias    = "terraform-external"
  origin       = "external"
  pending_days = "7"

  lifecycle {
    ignore_changes = [pending_days]
  }
}

data "huaweicloud_kms_parameters_for_import" "external" {
  count              = var.material == null ? 1 : 0
  key_id             = huaweicloud_kms_key.external.id
  wrapping_algorithm = "RSAES_OAEP_SHA_256"
}

resource "huaweicloud_kms_key_material" "external" {
  count                  = var.material == null ? 0 : 1
  key_id                 = huaweicloud_kms_key.external.id
  import_token           = var.material.import_token
  encrypted_key_material = var.material.encrypted_key_material
  # The parameters are other ones whenever they are asked for.
  lifecycle {
    ignore_changes = [import_token, encrypted_key_material]
  }
}

resource "huaweicloud_kms_grant" "user" {
  key_id             = huaweicloud_kms_key.main.id
  name               = "terraform"
  type               = "user"
  grantee_principal  = local.bootstrap.user_id
  retiring_principal = local.bootstrap.user_id
  operations         = ["create-datakey", "encrypt-datakey", "describe-key"]
}

resource "huaweicloud_kms_grant" "domain" {
  key_id            = huaweicloud_kms_key.main.id
  type              = "domain"
  grantee_principal = local.bootstrap.account_id
  operations        = ["describe-key", "encrypt-data"]
}

resource "huaweicloud_kms_alias" "main" {
  key_id = huaweicloud_kms_key.main.id
  alias  = "alias/terraform"
}

resource "huaweicloud_kms_alias_associate" "main" {
  target_key_id = huaweicloud_kms_key.of["SM4"].id
  alias         = var.alias
}

resource "huaweicloud_kms_data_encrypt_decrypt" "encrypt" {
  action     = "encrypt"
  key_id     = huaweicloud_kms_key.main.id
  plain_text = "hello"
}

resource "huaweicloud_kms_data_encrypt_decrypt" "decrypt" {
  action      = "decrypt"
  cipher_text = huaweicloud_kms_data_encrypt_decrypt.encrypt.cipher_data
}

resource "huaweicloud_kms_data_encrypt_decrypt" "rsa_encrypt" {
  action               = "encrypt"
  key_id               = huaweicloud_kms_key.of["RSA_3072"].id
  encryption_algorithm = "RSAES_OAEP_SHA_256"
  plain_text           = base64encode("hello")
}

resource "huaweicloud_kms_data_encrypt_decrypt" "rsa_decrypt" {
  action               = "decrypt"
  key_id               = huaweicloud_kms_key.of["RSA_3072"].id
  encryption_algorithm = "RSAES_OAEP_SHA_256"
  cipher_text          = huaweicloud_kms_data_encrypt_decrypt.rsa_encrypt.cipher_data
}

resource "huaweicloud_kms_datakey_without_plaintext" "main" {
  key_id         = huaweicloud_kms_key.main.id
  datakey_length = "512"
}

data "huaweicloud_kms_data_key" "main" {
  key_id         = huaweicloud_kms_key.main.id
  datakey_length = "512"
}

resource "huaweicloud_kms_encrypt_datakey" "main" {
  key_id               = huaweicloud_kms_key.main.id
  plain_text           = "7549d9aea901767bf3c0b3e14b10722eaf6f59053bbd82045d04e075e809a0fe6ccab48f8e5efe74e4b18ff0512525e527b10331100f357bf42125d8d5ced94ffbc8ac72b0785ca7fe33eb6776ce3990b11e32b299d9c0a9ee0305fb9540f797"
  datakey_plain_length = "64"
}

resource "huaweicloud_kms_decrypt_datakey" "main" {
  key_id                = huaweicloud_kms_key.main.id
  cipher_text           = huaweicloud_kms_datakey_without_plaintext.main.cipher_text
  datakey_cipher_length = "64"
}

resource "huaweicloud_kms_rsa_datakey_pair" "main" {
  key_id          = huaweicloud_kms_key.main.id
  key_spec        = "RSA_2048"
  with_plain_text = true
}

resource "huaweicloud_kms_ec_datakey_pair" "main" {
  key_id          = huaweicloud_kms_key.main.id
  key_spec        = "ECC_NIST_P256"
  with_plain_text = true
}

resource "huaweicloud_kms_generate_mac" "main" {
  key_id        = huaweicloud_kms_key.of["HMAC_256"].id
  mac_algorithm = "HMAC_SHA_256"
  message       = base64encode("hello")
}

resource "huaweicloud_kms_verify_mac" "main" {
  key_id        = huaweicloud_kms_key.of["HMAC_256"].id
  mac_algorithm = "HMAC_SHA_256"
  message       = base64encode("hello")
  mac           = huaweicloud_kms_generate_mac.main.mac
}

resource "huaweicloud_kms_sign" "main" {
  key_id            = huaweicloud_kms_key.of["EC_P256"].id
  signing_algorithm = "ECDSA_SHA_256"
  message_type      = "RAW"
  message           = base64encode("hello")
}

resource "huaweicloud_kms_verify_sign" "main" {
  key_id            = huaweicloud_kms_key.of["EC_P256"].id
  signing_algorithm = "ECDSA_SHA_256"
  message_type      = "RAW"
  message           = base64encode("hello")
  signature         = huaweicloud_kms_sign.main.signature
}

resource "huaweicloud_kms_key_update_primary_region" "main" {
  key_id         = huaweicloud_kms_key.main.id
  primary_region = data.huaweicloud_kms_key_regions.all.regions[0]
}

data "huaweicloud_kms_key" "by_alias" {
  key_alias = huaweicloud_kms_key.main.key_alias
}

data "huaweicloud_kms_keys" "enabled" {
  key_state  = "2"
  depends_on = [huaweicloud_kms_key.of]
}

data "huaweicloud_kms_keys" "by_algorithm" {
  key_algorithm = "EC_P256"
  depends_on    = [huaweicloud_kms_key.of]
}

data "huaweicloud_kms_grants" "main" {
  key_id     = huaweicloud_kms_key.main.id
  depends_on = [huaweicloud_kms_grant.user, huaweicloud_kms_grant.domain]
}

data "huaweicloud_kms_retirable_grants" "mine" {
  depends_on = [huaweicloud_kms_grant.user]
}

data "huaweicloud_kms_aliases" "main" {
  key_id     = huaweicloud_kms_key.main.id
  depends_on = [huaweicloud_kms_alias.main]
}

data "huaweicloud_kms_custom_keys_by_tags" "tagged" {
  action = "filter"
  tags {
    key    = "use"
    values = ["terraform"]
  }
  depends_on = [huaweicloud_kms_key.main]
}

data "huaweicloud_kms_custom_keys_by_tags" "count" {
  action = "count"
  tags {
    key    = "use"
    values = ["terraform"]
  }
  depends_on = [huaweicloud_kms_key.main]
}

data "huaweicloud_kms_key_tags" "all" {
  depends_on = [huaweicloud_kms_key.main]
}

data "huaweicloud_kms_public_key" "rsa" {
  key_id = huaweicloud_kms_key.of["RSA_3072"].id
}

data "huaweicloud_kms_quotas" "all" {
  depends_on = [huaweicloud_kms_key.of]
}

data "huaweicloud_kms_key_regions" "all" {}

data "huaweicloud_kms_dedicated_keystores" "all" {}
