"""`make api`: which parts of the last release's public API a change breaks, found by griffe.

Both sides are read from their sources; nothing is imported. Public is what `ollama_sdk.overlay`, its `batch` and
`testing`, and `ollama_sdk.generated` export, whatever private module defines it. The exit status is 1 when something is
broken that the version may not break.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import griffe

ROOT = Path(__file__).parents[1]
WHAT_TO_DO = """
Bring back what was there: keep the old name or parameter beside the new one, and let it warn (docs/compatibility.md).
If it has to go, raise the version in overlay/ollama_sdk/overlay/_version.py, and say so under Changed or Removed in
CHANGELOG.md."""
# Members of the models that were public by mistake, and are gone from completion.
_NEVER_MEANT = ("field_names", "shallow_dict", "stream_end", "stream_join")


class _LazyNames(griffe.Extension):
    """Treats names that are imported for type checkers only as available at run time: `__getattr__` provides them."""

    def on_alias_instance(self, *, alias: griffe.Alias, **_: Any) -> None:
        alias.runtime = True


def public_api(root: Path) -> griffe.Module:
    """Return the package of a checkout, without what its modules do not export.

    Raises:
        griffe.AliasResolutionError: An exported name leads nowhere.
    """
    modules = griffe.ModulesCollection()
    loader = griffe.GriffeLoader(
        extensions=griffe.load_extensions(_LazyNames),
        search_paths=[root / "generated", root / "overlay"],
        modules_collection=modules,
        allow_inspection=False,
    )
    loader.load("ollama_sdk")
    package: griffe.Module = modules["ollama_sdk"]
    # griffe 2.4.1 looks for `__all__` in no module below a package that has none, such as ollama_sdk.
    for module in package.modules.values():
        loader.expand_exports(module)
    loader.resolve_aliases(implicit=True, external=False)
    _expand_keywords(package)
    for name in ("overlay", "overlay.testing", "generated.models"):
        _keep_exports(package[name])
    for name in {"batch", "mcp"} & package["overlay"].modules.keys():  # a release before them has not
        _keep_exports(package[f"overlay.{name}"])
    return package


def _expand_keywords(parent: griffe.Object) -> None:
    """Write the keyword arguments that functions take by Unpack as parameters, one by one.

    griffe's own extension unpack_typeddict loses inherited fields (2.4.1): it empties a TypedDict when it has read it.
    """
    for member in parent.members.values():
        if isinstance(member, griffe.Module | griffe.Class):
            _expand_keywords(member)
        elif isinstance(member, griffe.Function):
            for parameter in list(member.parameters):
                match parameter.annotation:
                    case griffe.ExprSubscript(canonical_path="typing.Unpack", slice=griffe.Expr() as fields):
                        del member.parameters[parameter.name]
                        for name in parent.modules_collection[fields.canonical_path].all_members:
                            if name in member.parameters:  # one that may be given by position, too
                                continue
                            keyword = griffe.ParameterKind.keyword_only
                            member.parameters.add(griffe.Parameter(name, kind=keyword, default="None"))


def _keep_exports(module: griffe.Module) -> None:
    """Drop what a module does not export, which griffe would take for what an older `__all__` had."""
    for name, member in list(module.members.items()):
        if name not in (module.exports or ()):
            if member.is_alias or not member.is_module:
                module.del_member(name)
        elif isinstance(member, griffe.Alias):
            member.resolve_target()  # griffe would pass over a name that leads nowhere


def breakages(old: griffe.Module, new: griffe.Module) -> list[str]:
    """Return the breaking changes between two public APIs, each as a sentence."""
    found = griffe.find_breaking_changes(old, new)
    return [one.explain(griffe.ExplanationStyle.MARKDOWN) for one in found if one.obj.name not in _NEVER_MEANT]


def version_of(package: griffe.Module) -> str:
    """Return the version in a package's source."""
    return str(package["overlay._version.__version__"].value).strip("'\"")


def may_break(old: str, new: str) -> bool:
    """Whether a version may break what an older one promised: another major version, or, below 1.0, minor version."""
    before, after = (tuple(int(number) for number in version.split(".")[:2]) for version in (old, new))
    return after[0] > before[0] or (before[0] == after[0] == 0 and after[1] > before[1])


def compare(old: griffe.Module, new: griffe.Module) -> int:
    """Print what of a release is broken, and return the exit status."""
    found, before, now = breakages(old, new), version_of(old), version_of(new)
    if not found:
        print(f"The public API of {before} is whole")
        return 0
    allowed = may_break(before, now)
    print(f"{now} breaks the public API of {before}, as it {'may' if allowed else 'may not'}:", *found, sep="\n")
    print("" if allowed else WHAT_TO_DO)
    return 0 if allowed else 1


if __name__ == "__main__":
    sys.exit(compare(public_api(Path(sys.argv[1])), public_api(ROOT)))
