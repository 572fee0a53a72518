"""Admin keys, for an operator with AWS credentials: the first one cannot come from an API that asks for one.

    PARTNERS_TABLE=… python -m dealreg.partners.admin_key create NAME [--role ROLE …]    prints the key, once, on stdout
    PARTNERS_TABLE=… python -m dealreg.partners.admin_key list
    PARTNERS_TABLE=… python -m dealreg.partners.admin_key revoke KEY_ID

The table's name is the stack's output `PartnersTable`; the region comes from AWS_REGION or the AWS profile.
"""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.partners import credentials
from dealreg.platform import times
from dealreg.platform.errors import NotFound
from dealreg.platform.rights import Role
from dealreg.platform.settings import MissingSetting

_OPERATOR = "operator"
"""Who acts, in the log: whoever has the AWS credentials."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="admin_key", description="Make, list and revoke Dealreg's admin keys.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="print a new key")
    create.add_argument("name", help="who or what will use it")
    create.add_argument("--role", action="append", choices=[*Role], help="what it may do; admin unless told")
    commands.add_parser("list", help="show the keys, without the secret part")
    commands.add_parser("revoke", help="end a key").add_argument("key_id")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except NotFound:
        return _fail("There is no admin key with this id.")
    except MissingSetting as missing:
        return _fail(f"Set {missing} to the name of the stack's table.")
    except (BotoCoreError, ClientError) as error:
        return _fail(f"AWS refused: {error}")


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "create":
        _, token = credentials.create_admin_key(chosen.name, times.now(), _OPERATOR, chosen.role or [Role.ADMIN])
        sys.stdout.write(f"{token}\n")
    elif chosen.command == "revoke":
        credentials.revoke_key("", chosen.key_id, _OPERATOR)
    else:
        for key in credentials.admin_keys():
            used = times.to_text(key.last_used_at) if key.last_used_at else "never used"
            sys.stdout.write(f"{key.id}  {key.hint}…  {key.name}  {used}\n")
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
