"""``torana serve``: run the gateway until it is told to stop."""

from __future__ import annotations

import argparse

from torana.wiring.cli.installation import add_config_options, port
from torana.wiring.cli.say import refuse
from torana.wiring.options import ROLES, Overrides, ServeOptions
from torana.wiring.problems import ConfigError
from torana.wiring.serve import run as serve

EXAMPLES = """examples:
  torana serve --demo                       try it: demo keys and models, no provider needed, loopback only
  torana serve --config torana.yaml         with a configuration (torana.yaml here is found by itself)
  OPENAI_API_KEY=sk-… torana serve          with a provider from the environment
  torana serve --host 0.0.0.0 --port 8080   for other machines: set server.tls, or server.behind_proxy

Settings come from the command line, the environment (and .env), the file, and defaults, in this order.
SIGHUP reads the file again; SIGTERM lets running answers finish.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The options."""
    add_config_options(parser)
    parser.add_argument("--host", help="address to listen on (default: server.host, 127.0.0.1)")
    parser.add_argument("--port", type=port, help="port to listen on (default: server.port, 8000)")
    parser.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes behind one port (default: 1); several need redis_url",
    )
    parser.add_argument("--role", choices=ROLES, default="all", help="which plane this process serves (default: all)")
    parser.add_argument(
        "--dev", action="store_true", help="for development: weak secrets are warned about, not refused"
    )
    parser.add_argument("--demo", action="store_true", help="add demo keys and models; loopback only")


def run(args: argparse.Namespace) -> int:
    """Serve. 0 after a clean end."""
    options = ServeOptions(
        config=args.config,
        overrides=Overrides(host=args.host, port=args.port, data_dir=args.data_dir),
        dev=args.dev,
        demo=args.demo,
        workers=args.workers,
        role=args.role,
    )
    try:
        return serve(options)
    except ConfigError as fault:
        return refuse(fault)
