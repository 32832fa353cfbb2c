terraform {
  required_providers {
    huaweicloud = {
      source = "huaweicloud/huaweicloud"
    }
  }
}

variable "url" {
  description = "Address of the API of OpenCCM."
  type        = string
}

variable "bootstrap_file" {
  description = "The file bootstrap.json of OpenCCM's data folder."
  type        = string
}

variable "ca_file" {
  description = "The file ca.pem of OpenCCM's data folder."
  type        = string
}

# Each scenario is applied as 1, then as 2: what changes in between is an update.
variable "step" {
  type    = number
  default = 1
}

variable "credentials" {
  description = "The provider's arguments for authentication; without them, the access key of the first start."
  type        = map(string)
  default     = {}
}

variable "assumed_role" {
  description = "An agency to act as."
  type        = object({ agency_name = string, domain_name = string })
  default     = null
}

locals {
  bootstrap = jsondecode(file(var.bootstrap_file))
  credentials = length(var.credentials) > 0 ? var.credentials : {
    access_key = local.bootstrap.access_key
    secret_key = local.bootstrap.secret_key
  }
}

provider "huaweicloud" {
  region       = local.bootstrap.project_name
  project_name = local.bootstrap.project_name
  auth_url     = "${var.url}/v3"
  cacert_file  = var.ca_file

  access_key     = lookup(local.credentials, "access_key", null)
  secret_key     = lookup(local.credentials, "secret_key", null)
  security_token = lookup(local.credentials, "security_token", null)
  token          = lookup(local.credentials, "token", null)
  user_name      = lookup(local.credentials, "user_name", null)
  password       = lookup(local.credentials, "password", null)
  domain_name    = lookup(local.credentials, "domain_name", null)

  dynamic "assume_role" {
    for_each = var.assumed_role == null ? [] : [var.assumed_role]
    content {
      agency_name = assume_role.value.agency_name
      domain_name = assume_role.value.domain_name
    }
  }

  # Nothing but what `endpoints` names may be asked.
  cloud = "cloud.invalid"
  # Fail at once and say why: retries would only hide what is wrong.
  max_retries             = 0
  skip_check_website_type = true
  skip_check_upgrade      = true

  endpoints = {
    bss = var.url
    ccm = var.url
    eps = var.url
    iam = var.url
    kms = var.url
    scm = var.url
  }
}
