"""The sandboxed template language of answers: small Jinja2, no calls, no attributes of Python objects."""

import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes, pass_context
from jinja2.exceptions import SecurityError, TemplateRuntimeError, UndefinedError
from jinja2.meta import find_undeclared_variables
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing

from retrieval.errors import RetrievalError

MAX_CHARS = 8000  # of one rendered text; Telegram takes 4,096 a message, channels split
MAX_TEMPLATE_CHARS = 4000
# What a context may hold besides slots; the engine leaves out what is not known yet.
CONTEXT_NAMES = frozenset({"result", "sentiment", "channel", "is_open", "customer", "passage", "language"})
FILTERS = [
    "abs",
    "capitalize",
    "default",
    "first",
    "float",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "replace",
    "round",
    "title",
    "trim",
    "truncate",
    "upper",
]
REFUSED = (  # nodes with no business in an answer; a call could reach a Python method
    nodes.Call, nodes.CallBlock, nodes.Macro, nodes.Block, nodes.Extends, nodes.Include, nodes.Import,
    nodes.FromImport, nodes.ScopedEvalContextModifier, nodes.Pow, nodes.Mul, nodes.Mod, nodes.FilterBlock, nodes.AssignBlock,
)  # fmt: skip

Check = Callable[[Mapping[str, Any]], bool | None]
logger = logging.getLogger(__name__)


class TemplateError(RetrievalError):
    """A template that does not compile, or uses what the sandbox refuses."""


class MissingSlot(RetrievalError):
    """A text would have printed a hole; `name` is the slot or value that is not there.

    `is_final` where asking will not help: a known value, such as an action's result, lacks that field."""

    def __init__(self, name: str, *, is_final: bool = False) -> None:
        super().__init__(f"nothing is known for {name!r}")
        self.name = name
        self.is_final = is_final


class Hole(StrictUndefined):
    """An unknown name: any use of it raises MissingSlot, except `is defined` and `| default`."""

    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: str | None = None, exc: Any = None
    ) -> None:
        raised = partial(_missing, name or "a value", obj is not missing)
        super().__init__(hint, obj, name, exc=raised)  # type: ignore[arg-type]

    @property
    def lies_in_known_value(self) -> bool:
        """True for `result.colour` where result is known but has no colour: it never will be known."""
        return self._undefined_obj is not missing


def _missing(name: str, is_final: bool, _message: str | None = None) -> MissingSlot:
    return MissingSlot(name, is_final=is_final)


def _money(context: Context, value: Any, currency: str = "") -> str:
    """`"39.00 GBP" | money` or `39 | money("GBP")` -> "£39.00", as the customer's language writes it."""
    from babel.numbers import format_currency

    number, _, unit = str(value).partition(" ")
    unit = currency or unit
    try:
        amount = Decimal(number)
    except InvalidOperation:
        return str(value)  # what the customer wrote is better than nothing
    if not unit:
        raise TemplateRuntimeError(f"money: {value!r} has no currency; write money('GBP')")
    return format_currency(amount, unit, locale=_locale(context))


def _date(context: Context, value: Any) -> str:
    """`"2026-03-14" | date` -> "Saturday 14 March"; a text that is no ISO date stays as it is."""
    from babel.dates import format_skeleton

    day = value
    if isinstance(value, str):
        try:
            day = datetime.fromisoformat(value)
        except ValueError:
            return value
    if not isinstance(day, date):
        return str(value)
    return format_skeleton("MMMMEEEEd", datetime(day.year, day.month, day.day), locale=_locale(context))  # noqa: DTZ001


def _locale(context: Context) -> str:
    from babel.localedata import exists

    # English without a country is written day first: "14 March" is read the same way everywhere.
    language = str(context.get("language") or "en").replace("-", "_")
    known = {"en": "en_GB", "zh": "zh_Hans_CN", "zh_Hans": "zh_Hans_CN"}
    if language in known:
        return known[language]
    return language if exists(language) else "en_GB"


def _strict(filter_function: Callable[..., str]) -> Callable[..., str]:
    """A filter of ours on an unknown or empty value is a hole, not the word None."""

    @pass_context
    def applied(context: Context, value: Any, *arguments: Any) -> str:
        if isinstance(value, Undefined):
            value._fail_with_undefined_error()
        return filter_function(context, _printable(value), *arguments)

    return applied


def _printable(value: Any) -> Any:
    if value is None or value == "":
        raise MissingSlot("an empty value", is_final=True)
    return value


class Sandbox(ImmutableSandboxedEnvironment):
    """Looks up items of mappings and fields of dataclasses, nothing else."""

    def __init__(self) -> None:
        super().__init__(undefined=Hole, finalize=_printable, autoescape=False, cache_size=0)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.filters |= {"money": _strict(_money), "date": _strict(_date)}

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._look_up(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._look_up(obj, argument)

    def _look_up(self, obj: Any, key: Any) -> Any:
        if isinstance(obj, Undefined):
            return obj  # `result.a.b` without a result is a hole named "result"
        if isinstance(obj, Mapping) and key in obj:
            return obj[key]
        if isinstance(obj, list | tuple) and isinstance(key, int) and -len(obj) <= key < len(obj):
            return obj[key]
        if dataclasses.is_dataclass(obj) and key in {field.name for field in dataclasses.fields(obj)}:
            return getattr(obj, key)
        return Hole(obj=obj, name=str(key))


_sandbox = Sandbox()


def _parse(source: str) -> nodes.Template:
    if len(source) > MAX_TEMPLATE_CHARS:
        raise TemplateError(f"a template of {len(source)} characters; wanted at most {MAX_TEMPLATE_CHARS}")
    try:
        tree = _sandbox.parse(source)
        _refuse_tricks(tree, source)  # before compiling, which works out constants such as 'a' * 10**9
        _sandbox.compile(_sandbox.parse(source))  # unknown filters and tests show only here
    except TemplateSyntaxError as error:
        raise TemplateError(f"not a template: {error.message} in {source!r}") from error
    return tree


def _refuse_tricks(tree: nodes.Template, source: str) -> None:
    for refused in tree.find_all(REFUSED):
        raise TemplateError(f"templates have no {type(refused).__name__.lower()}: {source!r}")
    for looked_up in tree.find_all(nodes.Getattr):
        if looked_up.attr.startswith("_"):
            raise TemplateError(f"templates cannot read {looked_up.attr!r}: {source!r}")


@lru_cache(maxsize=4096)
def _compiled(source: str) -> Any:
    _parse(source)
    return _sandbox.from_string(source)


@lru_cache(maxsize=4096)  # most texts are the same when a file is read again
def names_in(source: str) -> frozenset[str]:
    """The names a template takes from its context. Raises TemplateError where it does not compile."""
    return frozenset(find_undeclared_variables(_parse(source)))


def fill(source: str, context: Mapping[str, Any]) -> str:
    """Fill one template, at most MAX_CHARS long.

    Raises MissingSlot where a value is unknown, None or empty; TemplateError where it cannot be filled."""
    known = {
        name: value for name, value in context.items() if name in CONTEXT_NAMES or value not in (None, "")
    }
    length, parts = 0, []
    try:
        for part in _compiled(source).generate(known):
            parts.append(part)
            length += len(part)
            if length > MAX_CHARS:
                break
    except (TemplateRuntimeError, SecurityError, TypeError, ValueError, ArithmeticError) as error:
        raise TemplateError(f"cannot fill {source!r}: {error}") from error
    return "".join(parts)[:MAX_CHARS].strip()


def check(condition: str, context: Mapping[str, Any]) -> bool | None:
    """Whether a condition holds; None where that depends on something not known yet.

    `and`, `or`, `not` follow Kleene: `a and false` is False whatever `a` will be. A field that a
    known value lacks makes its comparison False. Raises TemplateError where it does not compile."""
    return _compiled_condition(condition)(context)


def condition_names(condition: str) -> frozenset[str]:
    """The names a condition depends on. Raises TemplateError where it does not compile."""
    return names_in("{{ " + condition + " }}")


@lru_cache(maxsize=1024)
def _compiled_condition(condition: str) -> Check:
    tree = _parse("{{ " + condition + " }}")
    output = tree.body[0] if len(tree.body) == 1 else None
    if (
        not isinstance(output, nodes.Output)
        or len(output.nodes) != 1
        or isinstance(output.nodes[0], nodes.TemplateData)
    ):
        raise TemplateError(f"not one condition: {condition!r}")
    return _three_valued(output.nodes[0], condition)


def _three_valued(node: nodes.Expr, condition: str) -> Check:
    if isinstance(node, nodes.Not):
        inner = _three_valued(node.node, condition)
        return lambda context: None if (value := inner(context)) is None else not value
    if isinstance(node, nodes.And | nodes.Or):
        sides = [_three_valued(side, condition) for side in (node.left, node.right)]
        decisive = isinstance(node, nodes.Or)
        return lambda context: _kleene(decisive, (side(context) for side in sides))
    return _leaf(node, condition)


def _kleene(decisive: bool, sides: Iterable[bool | None]) -> bool | None:
    values = list(sides)
    if decisive in values:
        return decisive
    return None if None in values else not decisive


def _leaf(expression: nodes.Expr, condition: str) -> Check:
    """Compile one comparison; its value is caught in a variable, as Jinja's compile_expression does."""
    assign = nodes.Assign(nodes.Name("outcome", "store"), expression, lineno=1)
    body = nodes.Template([assign], lineno=1)
    body.set_environment(_sandbox)
    template = _sandbox.template_class.from_code(_sandbox, _sandbox.compile(body), {}, None)

    def evaluate(context: Mapping[str, Any]) -> bool | None:
        scope = template.new_context(dict(context))
        try:
            for _ in template.root_render_func(scope):
                pass
            value = scope.vars["outcome"]
            if isinstance(value, Hole):
                return False if value.lies_in_known_value else None
            return bool(value)
        except MissingSlot as error:
            return False if error.is_final else None
        except (UndefinedError, TemplateRuntimeError, TypeError, ValueError, ArithmeticError) as error:
            logger.warning("condition %r cannot be decided: %s", condition, type(error).__name__)
            return False

    return evaluate
