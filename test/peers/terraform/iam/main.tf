variable "trusted_account" {
  description = "Name of another account, which an agency trusts."
  type        = string
}

resource "huaweicloud_enterprise_project" "main" {
  name        = "terraform-iam"
  description = "step ${var.step}"
}

resource "huaweicloud_identity_group" "main" {
  name        = "terraform"
  description = "step ${var.step}"
}

resource "huaweicloud_identity_user" "main" {
  name        = "terraform"
  description = "step ${var.step}"
  enabled     = var.step == 1
  password    = "Terraform-${var.step}-Secret"

  # What the provider does not read back, and so does not know after an import.
  lifecycle {
    ignore_changes = [password]
  }
}

resource "huaweicloud_identity_group_membership" "main" {
  group = huaweicloud_identity_group.main.id
  users = [huaweicloud_identity_user.main.id]
}

resource "huaweicloud_identity_role" "main" {
  name        = "terraform"
  description = "step ${var.step}"
  type        = "XA"
  policy = jsonencode({
    Version = "1.1"
    Statement = [{
      Effect = "Allow"
      Action = var.step == 1 ? ["pca:ca:list"] : ["pca:ca:get", "pca:ca:list"]
    }]
  })
}

data "huaweicloud_identity_role" "reader" {
  display_name = "KMS Administrator"
}

data "huaweicloud_identity_custom_role" "main" {
  name       = huaweicloud_identity_role.main.name
  depends_on = [huaweicloud_identity_role.main]
}

resource "huaweicloud_identity_group_role_assignment" "project" {
  group_id   = huaweicloud_identity_group.main.id
  role_id    = data.huaweicloud_identity_role.reader.id
  project_id = local.bootstrap.project_id
}

resource "huaweicloud_identity_group_role_assignment" "all_projects" {
  group_id   = huaweicloud_identity_group.main.id
  role_id    = data.huaweicloud_identity_role.reader.id
  project_id = "all"
}

resource "huaweicloud_identity_group_role_assignment" "domain" {
  group_id  = huaweicloud_identity_group.main.id
  role_id   = huaweicloud_identity_role.main.id
  domain_id = local.bootstrap.account_id
}

resource "huaweicloud_identity_group_role_assignment" "enterprise_project" {
  group_id              = huaweicloud_identity_group.main.id
  role_id               = huaweicloud_identity_role.main.id
  enterprise_project_id = huaweicloud_enterprise_project.main.id
}

resource "huaweicloud_identity_user_role_assignment" "main" {
  user_id               = huaweicloud_identity_user.main.id
  role_id               = huaweicloud_identity_role.main.id
  enterprise_project_id = huaweicloud_enterprise_project.main.id
}

resource "huaweicloud_identity_access_key" "main" {
  user_id     = huaweicloud_identity_user.main.id
  description = "step ${var.step}"
  status      = var.step == 1 ? "active" : "inactive"
  secret_file = abspath("credentials.csv")
}

resource "huaweicloud_identity_agency" "main" {
  name                  = "terraform"
  description           = "step ${var.step}"
  delegated_domain_name = var.trusted_account
  duration              = "FOREVER"
  domain_roles          = var.step == 1 ? ["Security Administrator"] : []
  all_resources_roles   = var.step == 1 ? [] : ["Security Administrator"]

  project_role {
    project = local.bootstrap.project_name
    roles   = ["KMS Administrator"]
  }

  enterprise_project_roles {
    enterprise_project = huaweicloud_enterprise_project.main.name
    roles              = [huaweicloud_identity_role.main.name]
  }

  lifecycle {
    ignore_changes = [enterprise_project_roles, all_resources_roles]
  }
}

resource "huaweicloud_identity_project" "main" {
  name        = "${local.bootstrap.project_name}_terraform"
  description = "step ${var.step}"
}

resource "huaweicloud_identity_provider" "main" {
  name        = "terraform"
  protocol    = "oidc"
  description = "step ${var.step}"

  access_config {
    access_type  = "program"
    provider_url = "https://accounts.example.com"
    client_id    = "terraform"
    signing_key = jsonencode({
      keys = [{
        alg = "RS256"
        e   = "AQAB"
        kid = "one"
        kty = "RSA"
        n   = "sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQkhslANGRUZmdTOQ5qTRsLAt6BTYuyvVRdhS8exSZEy_c4gs_7svlJJQ4H9_NxsiIoLwAEk7-Q3UXERGYw_75IDrGA84-lA_-Ct4eTlXHBIY2EaV7t7LjJaynVJCpkv4LKjTTAumiGUIuQhrNhZLuF_RJLqHpM2kgWFLU7-VTdL1VbC2tejvcI2BlMkEpk1BzBZI0KQB0GaDWFLN-aEAw3vRw"
        use = "sig"
      }]
    })
  }
}

resource "huaweicloud_identity_provider_mapping" "main" {
  provider_id = huaweicloud_identity_provider.main.id
  mapping_rules = jsonencode([{
    local  = [{ user = { name = "{0}" } }, { group = { name = huaweicloud_identity_group.main.name } }]
    remote = [{ type = "sub" }]
  }])
}

resource "huaweicloud_identity_user_token" "main" {
  account_name = local.bootstrap.account_name
  user_name    = local.bootstrap.user_name
  password     = local.bootstrap.password
}

data "huaweicloud_identity_projects" "all" {
  depends_on = [huaweicloud_identity_project.main]
}

data "huaweicloud_identity_users" "all" {
  depends_on = [huaweicloud_identity_user.main]
}

data "huaweicloud_identity_group" "main" {
  name       = huaweicloud_identity_group.main.name
  depends_on = [huaweicloud_identity_group_membership.main]
}

data "huaweicloud_identity_agencies" "all" {
  depends_on = [huaweicloud_identity_agency.main]
}

data "huaweicloud_identity_roles" "all" {}

data "huaweicloud_identity_permissions" "all" {}

data "huaweicloud_identity_auth_projects" "all" {}

data "huaweicloud_identity_user_projects" "main" {
  user_id = local.bootstrap.user_id
}

data "huaweicloud_identity_role_assignments" "all" {
  depends_on = [huaweicloud_identity_group_role_assignment.domain]
}

data "huaweicloud_identity_check_group_membership" "main" {
  group_id   = huaweicloud_identity_group.main.id
  user_id    = huaweicloud_identity_user.main.id
  depends_on = [huaweicloud_identity_group_membership.main]
}

data "huaweicloud_identity_check_group_role_assignment" "main" {
  group_id   = huaweicloud_identity_group.main.id
  role_id    = data.huaweicloud_identity_role.reader.id
  project_id = local.bootstrap.project_id
  depends_on = [huaweicloud_identity_group_role_assignment.project]
}

data "huaweicloud_identity_providers" "all" {
  depends_on = [huaweicloud_identity_provider.main]
}

data "huaweicloud_enterprise_project" "main" {
  name       = huaweicloud_enterprise_project.main.name
  depends_on = [huaweicloud_enterprise_project.main]
}

data "huaweicloud_enterprise_projects" "all" {
  depends_on = [huaweicloud_enterprise_project.main]
}
