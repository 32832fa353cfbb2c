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

locals {
  bootstrap = jsondecode(file(var.bootstrap_file))
}

provider "huaweicloud" {
  region       = local.bootstrap.project_name
  access_key   = local.bootstrap.access_key
  secret_key   = local.bootstrap.secret_key
  project_name = local.bootstrap.project_name
  auth_url     = "${var.url}/v3"
  cacert_file  = var.ca_file
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
