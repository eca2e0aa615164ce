"""An answer's fields changed in the text of its file; whatever isn't changed stays as it was written."""

from dataclasses import dataclass, field

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.editing.entries import content_end, entries_of, line_start, newline_of, root_of
from bot.editing.errors import EditRefused
from bot.editing.fields import ANY_LANGUAGE, EntryFields, Texts, fields_of, is_own, pairs_of
from bot.editing.writing import are_single, block, block_value, flow, flow_value, list_item, scalar

FIELDS = ("title", "variants", "hand_over")


def change_fields(text: str, index: int, new: EntryFields) -> str:
    """The file with these fields in an answer; whatever didn't change stays as it was written."""
    newline = newline_of(text)
    change = _Change(text.replace("\r\n", "\n"), index)
    old = fields_of(text, index)
    for name, before, after in (("title", old.title, new.title), ("variants", old.variants, new.variants)):
        if before != after:
            change.phrasing(name, before, after)
    if old.hand_over != new.hand_over:
        change.flag("hand_over", new.hand_over)
    changed = change.done()
    _check(change, changed, new)
    return changed.replace("\n", newline)


@dataclass
class _Change:
    """Pieces of a file's text to be put in place of others; lines end with \\n here."""

    text: str
    index: int
    pieces: list[tuple[int, int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.entry = entries_of(self.text)[self.index]
        self.node = root_of(self.text).value[self.index]
        self.pairs = pairs_of(self.node)
        self.is_flow = bool(self.node.flow_style)
        self.indent = " " * self.node.value[0][0].start_mark.column

    def done(self) -> str:
        text = self.text
        for start, end, new in sorted(self.pieces, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def phrasing(self, name: str, old: Texts, new: Texts) -> None:
        if name not in self.pairs:
            self._insert(name, new)
            return
        key, value = self.pairs[name]
        if not is_own(self.entry, value):
            raise EditRefused(f"{name} stands in another answer; wanted a change of the YAML")
        if not new:
            self._remove(name)
        elif _has_kept_languages(old, new):
            self._languages(key, value, old, new)
        else:
            self._rewrite(key, value, new)

    def flag(self, name: str, is_on: bool) -> None:
        if name in self.pairs:
            value = self.pairs[name][1]
            if not is_own(self.entry, value):
                raise EditRefused(f"{name} stands in another answer; wanted a change of the YAML")
            if is_on or not self._remove_line(name):
                self._put(value, "true" if is_on else "false")
        elif self.is_flow:
            self._before_bracket(self.node, f", {name}: true")
        else:
            self._below(self.node.value[-1][1], f"{self.indent}{name}: true\n")

    # parts of a phrasing

    def _languages(self, key: Node, value: Node, old: Texts, new: Texts) -> None:
        """Each language by itself; further ones below."""
        if not isinstance(value, MappingNode):
            self._texts(key, value, old[ANY_LANGUAGE], new[ANY_LANGUAGE])
            return
        for language, texts in new.items():
            if language in old:
                part_key, part = pairs_of(value)[language]
                self._texts(part_key, part, old[language], texts)
            elif value.flow_style:
                self._before_bracket(value, f", {language}: {flow(texts)}")
            else:
                indent = " " * value.value[0][0].start_mark.column
                self._below(value.value[-1][1], block(language, texts, indent))

    def _texts(self, key: Node, node: Node, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """One text or a list of them."""
        if old == new:
            return
        if not is_own(self.entry, node):
            raise EditRefused("these texts stand in another answer; wanted a change of the YAML")
        if isinstance(node, ScalarNode):
            self._one_text(key, node, new)
        elif isinstance(node, SequenceNode):
            self._list(key, node, old, new)

    def _list(self, key: Node, node: SequenceNode, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        if len(old) == len(new) and not set(new) & (set(old) - _same_place(old, new)):
            for before, after, item in zip(old, new, node.value, strict=True):
                if before != after:
                    self._put_text(item, after)
        elif node.flow_style or not all(self._has_own_line(item) for item in node.value):
            self._rewrite(key, node, {ANY_LANGUAGE: new})
        else:
            self._items(node, old, new)

    def _one_text(self, key: Node, node: ScalarNode, new: tuple[str, ...]) -> None:
        if len(new) == 1:
            self._put_text(node, new[0])
        else:
            self._rewrite(key, node, {ANY_LANGUAGE: new})

    def _items(self, node: SequenceNode, old: tuple[str, ...], new: tuple[str, ...]) -> None:
        """Lines of a list: those of a text that stays are moved with the comments above it."""
        indent = self._indent_of(node.value[0])
        ends = [self._end_of(item) + 1 for item in node.value]
        starts = [self._with_comments_above(node.value[0]), *ends[:-1]]
        blocks: dict[str, list[str]] = {}
        for text, start, end in zip(old, starts, ends, strict=True):
            blocks.setdefault(text, []).append(self.text[start:end].strip("\n") + "\n")
        lines = [blocks[text].pop(0) if blocks.get(text) else list_item(text, indent) for text in new]
        self.pieces.append((starts[0], ends[-1], "".join(lines)))

    # pieces

    def _rewrite(self, key: Node, value: Node, new: Texts) -> None:
        """The whole value anew."""
        is_flow = self.is_flow or self._lies_in_brackets(key)
        if is_flow or (isinstance(value, MappingNode) and value.flow_style and are_single(new)):
            self._put(value, flow_value(new))
            return
        lines = block_value(new, " " * key.start_mark.column)
        after_colon = self.text.index(":", key.end_mark.index) + 1
        self.pieces.append((after_colon, self._end_of(value), lines.rstrip("\n")))

    def _insert(self, name: str, new: Texts) -> None:
        if self.is_flow:
            self._before_bracket(self.node, f", {name}: {flow_value(new)}")
            return
        written = flow_value(new) if are_single(new) else ""
        value = f" {written}" if written else block_value(new, self.indent).rstrip("\n")
        self._below(self.pairs.get("intent", self.node.value[-1])[1], f"{self.indent}{name}:{value}\n")

    def _remove(self, name: str) -> None:
        if self.is_flow:
            self._remove_between_commas(name)
        elif not self._remove_line(name):
            raise EditRefused(f"{name} shares its line with others; wanted a change of the YAML")

    def _remove_between_commas(self, name: str) -> None:
        start = self.pairs[name][0].start_mark.index
        later = [key.start_mark.index for key, _ in self.node.value if key.start_mark.index > start]
        comma = self.text.rindex(",", 0, start)
        end = len(self.text[: self.node.end_mark.index - 1].rstrip())
        self.pieces.append((start, later[0], "") if later else (comma, end, ""))

    def _remove_line(self, name: str) -> bool:
        """Take out the lines of a key, where they hold nothing else."""
        key, value = self.pairs[name]
        start, end = line_start(self.text, key.start_mark.index), self._end_of(value)
        if self.is_flow or self.text[start : key.start_mark.index].strip():
            return False
        self.pieces.append((start, end + 1, ""))
        return True

    def _put(self, node: Node, new: str) -> None:
        is_block = isinstance(node, ScalarNode) and node.style in ("|", ">")
        end = self._end_of(node) if is_block else node.end_mark.index
        self.pieces.append((node.start_mark.index, end, new))

    def _put_text(self, node: ScalarNode, text: str) -> None:
        if not is_own(self.entry, node):
            raise EditRefused("a text is taken from another answer; wanted a change of the YAML")
        is_plain = node.style is None or node.style == ""
        self._put(node, scalar(text, is_plain=is_plain))

    def _below(self, node: Node, lines: str) -> None:
        end = self._end_of(node)
        self.pieces.append((end, end, "\n" + lines.rstrip("\n")))

    def _before_bracket(self, node: Node, new: str) -> None:
        at = len(self.text[: node.end_mark.index - 1].rstrip())
        self.pieces.append((at, at, new))

    # where things stand

    def _end_of(self, node: Node) -> int:
        last = node
        while isinstance(last, MappingNode | SequenceNode) and not last.flow_style and last.value:
            last = last.value[-1][1] if isinstance(last, MappingNode) else last.value[-1]
        if not is_own(self.entry, last):  # an alias, whose node stands elsewhere
            if node is not self.node.value[-1][1]:
                raise EditRefused(
                    "what stands here is taken from another answer; wanted a change of the YAML"
                )
            return self.entry.end
        style = last.style if isinstance(last, ScalarNode) else None
        return content_end(self.text, last.end_mark.index, style)

    def _has_own_line(self, item: Node) -> bool:
        start = line_start(self.text, item.start_mark.index)
        return is_own(self.entry, item) and self.text[start : item.start_mark.index].strip() == "-"

    def _indent_of(self, item: Node) -> str:
        start = line_start(self.text, item.start_mark.index)
        return self.text[start : self.text.index("-", start)]

    def _with_comments_above(self, item: Node) -> int:
        start = line_start(self.text, item.start_mark.index)
        while self.text[line_start(self.text, start - 1) : start].lstrip().startswith("#"):
            start = line_start(self.text, start - 1)
        return start

    def _lies_in_brackets(self, key: Node) -> bool:
        outer = [value for _, value in self.pairs.values() if isinstance(value, MappingNode)]
        return any(
            node.flow_style and node.start_mark.index < key.start_mark.index < node.end_mark.index
            for node in outer
        )


def _check(change: _Change, changed: str, new: EntryFields) -> None:
    """Raises EditRefused where the file would say something else than was meant: it is written oddly."""
    before, after = entries_of(change.text), entries_of(changed)
    others = [[entry.text for entry in entries if entry.id != change.entry.id] for entries in (before, after)]
    is_right = (
        len(before) == len(after) and others[0] == others[1] and fields_of(changed, change.index) == new
    )
    if not is_right or _rest(change.text, change.index) != _rest(changed, change.index):
        raise EditRefused("this answer is written in a way that only a change of the YAML keeps")


def _rest(text: str, index: int) -> dict[str, str]:
    """What stands in an entry beside its fields."""
    entry = entries_of(text)[index]
    return {
        name: text[value.start_mark.index : value.end_mark.index].rstrip() if is_own(entry, value) else ""
        for name, (_, value) in pairs_of(root_of(text).value[index]).items()
        if name not in FIELDS
    }


def _has_kept_languages(old: Texts, new: Texts) -> bool:
    """Whether none of the languages goes, and the further ones come last."""
    return list(new)[: len(old)] == list(old) and (ANY_LANGUAGE not in old or len(new) == 1)


def _same_place(old: tuple[str, ...], new: tuple[str, ...]) -> set[str]:
    return {before for before, after in zip(old, new, strict=False) if before == after}
