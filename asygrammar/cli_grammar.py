"""The commands ``asygrammar grammar ...``: show it, export it, draft signatures for a module."""

from __future__ import annotations

import argparse
import sys

from asygrammar.cli_parts import DONE, add, write_answer


def add_grammar(parser: argparse.ArgumentParser) -> None:
    """Add the actions of ``grammar`` to its parser."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    show = add(actions, "show", _show, "print the grammar file, or what a module offers")
    show.add_argument("--module", help="a module with signatures, such as graph or plain")
    export = add(actions, "export", _export, "write the grammar for another engine")
    export.add_argument(
        "--target",
        default="llguidance",
        help="llguidance (default), vllm, sglang (requests), xgrammar, gbnf or lark",
    )
    export.add_argument(
        "--scoped", action="store_true", help="no undeclared names; llguidance, vllm and sglang"
    )
    export.add_argument("--no-comments", action="store_true", help="as the decoder uses it")
    export.add_argument(
        "--leading-space", action="store_true", help="let a space stand in front, as Phi-3 puts it"
    )
    export.add_argument("--model", help="the model a request names")
    export.add_argument("--prompt", metavar="TEXT", help="the sentence a request asks with")
    export.add_argument("-o", "--output", help="write to this file")
    for action in (show, export):
        action.add_argument("--file", help="a grammar file instead of the shipped one")
    draft = add(actions, "draft", _draft, "draft the signatures of a module, asking the compiler")
    draft.add_argument("module", metavar="MODULE", help="a module's name, or its .asy file")
    draft.add_argument("-o", "--output", help="write to this file")


def _show(options: argparse.Namespace) -> int:
    if options.module:
        from asygrammar.signature_pages import describe_module

        sys.stdout.write(describe_module(options.module))
        return DONE
    from asygrammar.grammar import load_grammar

    sys.stdout.write(load_grammar(path=options.file).lark)
    return DONE


def _export(options: argparse.Namespace) -> int:
    from asygrammar.export_targets import Request
    from asygrammar.grammar import load_grammar

    given = {"model": options.model, "prompt": options.prompt}
    text = load_grammar(path=options.file).export(
        options.target,
        comments=not options.no_comments,
        scoped=options.scoped,
        leading_space=options.leading_space,
        request=Request(**{name: value for name, value in given.items() if value is not None}),
    )
    write_answer(options.output, text)
    return DONE


def _draft(options: argparse.Namespace) -> int:
    from asygrammar.signature_drafts import draft_signatures

    write_answer(options.output, draft_signatures(options.module))
    return DONE
