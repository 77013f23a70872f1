"""Read XML as a stream: in bounded memory, with the line of each element, and without what makes XML dangerous.

No audit file needs a DOCTYPE, so one is refused before any entity can be declared; libxml2 neither loads nor expands
anything, and its limits on text and names stay on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from lxml import etree

from connectors.exports.source import FileFaultError, Source

Element: TypeAlias = Any
"""An element of lxml, which has no types."""

MAX_DEPTH = 32
"""Audit files nest ten levels deep at most."""

_AUDIT_FILE = re.compile(rb"<(?:[\w.-]+:)?auditfile[\s/>]", re.IGNORECASE)
_HEAD_BYTES = 4096
_EXPORT_AGAIN = "Export the file again, from the system itself."


@dataclass(frozen=True, slots=True)
class Root:
    """The outermost element of a file: its name without namespace, and the namespace (empty: none)."""

    name: str
    namespace: str

    @property
    def is_audit_file(self) -> bool:
        """Whether it is that of an audit file, of whatever country."""
        return self.name.casefold() == "auditfile"


def root_of(source: Source) -> Root | None:
    """Return the outermost element of a file, None where the file is not XML, or holds nothing.

    Raises:
        FileFaultError: an audit file that declares a document type, or is damaged near its beginning.
    """
    try:
        for _, element in _parsed(source, events=("start",)):
            parent = element.getparent()
            if parent is not None:
                return _root(parent)
            if _root(element).is_audit_file and element.getroottree().docinfo.doctype:
                raise FileFaultError("declares a document type, which can hide harmful entities", _EXPORT_AGAIN, line=1)
    except etree.XMLSyntaxError as error:
        source.stream.seek(0)
        if _AUDIT_FILE.search(source.stream.read(_HEAD_BYTES)):
            raise _damage(error) from error
    return None


def _root(element: Element) -> Root:
    namespace, _, name = str(element.tag).rpartition("}")
    return Root(name, namespace.removeprefix("{"))


def elements(source: Source, names: frozenset[str]) -> Iterator[Element]:
    """Yield each element that has one of the names, whole, in order; those inside another one are part of it.

    What was yielded is emptied afterwards: take from it what is needed before going on.

    Raises:
        FileFaultError: not well-formed, cut, or nested without end.
    """
    depth, inside = 0, 0
    try:
        for event, element in _parsed(source, events=("start", "end")):
            if event == "start":
                depth += 1
                inside = depth if not inside and local_name(element) in names else inside
                if depth > MAX_DEPTH:
                    raise FileFaultError("nested without end", _EXPORT_AGAIN, line=element.sourceline or 0)
                continue
            if inside == depth:
                inside = 0
                yield element
            if not inside:
                _forget(element)
            depth -= 1
    except etree.XMLSyntaxError as error:
        raise _damage(error) from error


def _damage(error: etree.XMLSyntaxError) -> FileFaultError:
    return FileFaultError(f"damaged or cut: {error.msg}", _EXPORT_AGAIN, line=error.lineno or 0)


def _parsed(source: Source, *, events: tuple[str, ...]) -> Iterator[tuple[str, Element]]:
    source.stream.seek(0)
    yield from etree.iterparse(
        source.stream,
        events=events,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def _forget(element: Element) -> None:
    """Empty an element and drop those before it, which would otherwise all stay in memory."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def parent_name(element: Element) -> str:
    """Return the name of the element around this one, empty for the outermost."""
    parent = element.getparent()
    return "" if parent is None else local_name(parent)


def text_of(element: Element, path: str) -> str:
    """Return the text of the first element at a path below this one, or its own where the path is empty."""
    return ((element.findtext(_any_namespace(path)) if path else element.text) or "").strip()


def all_of(element: Element, path: str) -> Iterator[Element]:
    """Yield the elements at a path below this one."""
    yield from element.iterfind(_any_namespace(path))


def _any_namespace(path: str) -> str:
    return "/".join(f"{{*}}{name}" for name in path.split("/"))
