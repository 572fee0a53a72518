"""The vendor's people, for an operator with AWS credentials: the first one cannot be made in a console she is not in.

    PARTNERS_TABLE=… python -m dealreg.partners.staff_member create NAME EMAIL [--role ROLE …]    prints the id
    PARTNERS_TABLE=… python -m dealreg.partners.staff_member list

The table's name is the stack's output `PartnersTable`; the region comes from AWS_REGION or the AWS profile.
"""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.partners import staff
from dealreg.platform import times
from dealreg.platform.errors import AlreadyExists
from dealreg.platform.hosts import normalise_email
from dealreg.platform.rights import Role
from dealreg.platform.settings import MissingSetting

_OPERATOR = "operator"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="staff_member", description="Make and list the people who run Dealreg.")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create", help="let somebody sign in to the console")
    create.add_argument("name")
    create.add_argument("email")
    create.add_argument("--role", action="append", choices=[*Role], help="what they may do; admin unless told")
    commands.add_parser("list", help="show who is there")
    chosen = parser.parse_args(arguments)
    try:
        return _run(chosen)
    except (AlreadyExists, ValueError) as fault:
        return _fail(getattr(fault, "detail", "") or str(fault))
    except MissingSetting as missing:
        return _fail(f"Set {missing} to the name of the stack's table.")
    except (BotoCoreError, ClientError) as error:
        return _fail(f"AWS refused: {error}")


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "create":
        email = normalise_email(chosen.email)
        made = staff.create(chosen.name, email, chosen.role or [Role.ADMIN], times.now(), _OPERATOR)
        sys.stdout.write(f"{made.id}\n")
        return 0
    for member in staff.every():
        sys.stdout.write(f"{member.id}  {member.email}  {member.name}  {', '.join(member.roles)}\n")
    return 0


def _fail(message: str) -> int:
    sys.stderr.write(f"{message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
