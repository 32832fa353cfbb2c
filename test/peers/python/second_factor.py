"""Drives second factors with the vendor's identity SDK, unmodified, over HTTPS and AK/SK; codes come from pyotp.

Usage: second_factor.py ENDPOINT ACCESS_KEY SECRET_KEY CA_FILE ACCOUNT_ID. Prints one JSON line per step (see steps.py).
"""

import sys
import time

import pyotp
from huaweicloudsdkcore.auth.credentials import GlobalCredentials
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.region.region import Region
from huaweicloudsdkiam.v3 import IamClient, model

from steps import equal, step

endpoint, access_key, secret_key, ca_file, account_id = sys.argv[1:]
config = HttpConfig.get_default_config()
config.ssl_ca_cert = ca_file
client = (
    IamClient.new_builder()
    .with_http_config(config)
    .with_credentials(GlobalCredentials(access_key, secret_key, account_id).with_iam_endpoint(endpoint))
    .with_region(Region("cn-north-4", endpoint))
    .build()
)
PASSWORD = "Second-Factor-1"

user_id = client.create_user(
    model.CreateUserRequest(
        body=model.CreateUserRequestBody(user=model.CreateUserOption(name="carla", password=PASSWORD, domain_id=account_id))
    )
).user.id


def password_login():
    identity = model.PwdIdentity(
        methods=["password"],
        password=model.PwdPassword(
            user=model.PwdPasswordUser(name="carla", password=PASSWORD, domain=model.PwdPasswordUserDomain(name=account_name))
        ),
    )
    body = model.KeystoneCreateUserTokenByPasswordRequestBody(auth=model.PwdAuth(identity=identity))
    return client.keystone_create_user_token_by_password(model.KeystoneCreateUserTokenByPasswordRequest(body=body))


account_name = client.keystone_list_auth_domains(model.KeystoneListAuthDomainsRequest()).domains[0].name

with step("a device is created and bound by two codes of another program"):
    created = client.create_mfa_device(
        model.CreateMfaDeviceRequest(
            body=model.CreateMfaDeviceReq(virtual_mfa_device=model.CreateMfaDevice(name="telephone", user_id=user_id))
        )
    ).virtual_mfa_device
    totp = pyotp.TOTP(created.base32_string_seed)
    now = int(time.time())
    client.create_binding_device(
        model.CreateBindingDeviceRequest(
            body=model.BindMfaDevice(
                user_id=user_id,
                serial_number=created.serial_number,
                authentication_code_first=totp.at(now - 30),
                authentication_code_second=totp.at(now),
            )
        )
    )

with step("the device is listed and shown"):
    listed = client.list_user_mfa_devices(model.ListUserMfaDevicesRequest()).virtual_mfa_devices
    equal([(device.serial_number, device.user_id) for device in listed], [(created.serial_number, user_id)])
    shown = client.show_user_mfa_device(model.ShowUserMfaDeviceRequest(user_id=user_id)).virtual_mfa_device
    equal(shown.serial_number, created.serial_number)

with step("login protection is turned on and listed"):
    protection = client.update_login_protect(
        model.UpdateLoginProtectRequest(
            user_id=user_id,
            body=model.UpdateLoginProjectReq(
                login_protect=model.UpdateLoginProject(enabled=True, verification_method="vmfa")
            ),
        )
    ).login_protect
    equal((protection.enabled, protection.verification_method), (True, "vmfa"))
    listed = client.list_user_login_protects(model.ListUserLoginProtectsRequest()).login_protects
    equal([entry.user_id for entry in listed], [user_id])
    shown = client.show_user_login_protect(model.ShowUserLoginProtectRequest(user_id=user_id)).login_protect
    equal(shown.enabled, True)

with step("the password alone does not sign in"):
    try:
        password_login()
        raise AssertionError("the password alone was enough")
    except ServiceResponseException as refusal:
        equal(refusal.status_code, 401)

with step("password and code do"):
    identity = model.MfaIdentity(
        methods=["password", "totp"],
        password=model.PwdPassword(
            user=model.PwdPasswordUser(name="carla", password=PASSWORD, domain=model.PwdPasswordUserDomain(name=account_name))
        ),
        totp=model.MfaTotp(user=model.MfaTotpUser(id=user_id, passcode=totp.at(int(time.time()) + 30))),
    )
    answer = client.keystone_create_user_token_by_password_and_mfa(
        model.KeystoneCreateUserTokenByPasswordAndMfaRequest(
            body=model.KeystoneCreateUserTokenByPasswordAndMfaRequestBody(auth=model.MfaAuth(identity=identity))
        )
    )
    equal(answer.token.methods, ["password", "totp"])
    equal(len(answer.x_subject_token), 64)

with step("operation protection is shown and changed"):
    shown = client.show_domain_protect_policy(model.ShowDomainProtectPolicyRequest(domain_id=account_id)).protect_policy
    equal((shown.operation_protection, shown.allow_user.manage_password), (False, True))
    changed = client.update_domain_protect_policy(
        model.UpdateDomainProtectPolicyRequest(
            domain_id=account_id,
            body=model.UpdateDomainProtectPolicyRequestBody(
                protect_policy=model.ProtectPolicyOption(
                    operation_protection=False, allow_user=model.AllowUserBody(manage_accesskey=False)
                )
            ),
        )
    ).protect_policy
    equal((changed.operation_protection, changed.allow_user.manage_accesskey), (False, False))

with step("an administrator turns the protection off, unbinds and deletes the device"):
    client.update_login_protect(
        model.UpdateLoginProtectRequest(
            user_id=user_id,
            body=model.UpdateLoginProjectReq(
                login_protect=model.UpdateLoginProject(enabled=False, verification_method="vmfa")
            ),
        )
    )
    client.delete_binding_device(
        model.DeleteBindingDeviceRequest(
            body=model.UnbindMfaDevice(
                user_id=user_id, authentication_code="000000", serial_number=created.serial_number
            )
        )
    )
    client.delete_mfa_device(
        model.DeleteMfaDeviceRequest(user_id=user_id, serial_number=created.serial_number)
    )
    equal(client.list_user_mfa_devices(model.ListUserMfaDevicesRequest()).virtual_mfa_devices, [])
    password_login()
