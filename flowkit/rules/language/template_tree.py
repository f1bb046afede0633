"""From Jinja2's tree of an expression to ours, so that a template judges values exactly as an expression does."""

from __future__ import annotations

from typing import Any

from jinja2 import nodes

from flowkit.rules.language import tree
from flowkit.rules.language.mistakes import ExpressionError
from flowkit.rules.language.template_reading import Source

_ARITHMETIC: dict[type[nodes.Node], tree.ArithmeticOperator] = {
    nodes.Add: "+",
    nodes.Sub: "-",
    nodes.Mul: "*",
    nodes.Div: "/",
    nodes.FloorDiv: "//",
    nodes.Mod: "%",
}
_ORDERINGS: dict[str, tree.OrderOperator] = {"gt": ">", "gteq": ">=", "lt": "<", "lteq": "<="}
_HELP: dict[type[nodes.Node], str] = {
    nodes.Getitem: "write record.name; a list is searched with find(list, condition)",
    nodes.Test: "write empty(x) or not empty(x)",
    nodes.Pow: "multiply instead",
    nodes.Dict: "a list is written in [ ]",
    nodes.Slice: "a list is searched with find(list, condition)",
}


class Translator:
    """Translates the expressions of one template."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def translate(self, node: nodes.Node) -> tree.Node:
        """Our node for one of Jinja2's expressions; ExpressionError for what the language does not have."""
        at = node.lineno
        match node:
            case nodes.Const():
                return tree.Constant(at, self.end(at), node.value)
            case nodes.Name():
                return tree.Name(at, at + len(node.name), node.name)
            case nodes.Getattr():
                return self._attribute(node)
            case nodes.Call():
                return self._call(node)
            case nodes.Filter():
                return self._format(node)
            case nodes.List() | nodes.Tuple():
                items = tuple(self.translate(i) for i in node.items)
                return tree.ListOf(at, items[-1].end if items else at + 1, items)
            case nodes.Compare():
                return self._compare(node)
            case nodes.Concat():
                parts = tuple(self.translate(n) for n in node.nodes)
                return tree.Call(parts[0].at, parts[-1].end, "concat", parts)
            case nodes.CondExpr():
                return self._ternary(node)
            case nodes.BinExpr() | nodes.UnaryExpr():
                return self._operator(node)
        raise self._refused(node)

    def end(self, at: int) -> int:
        """The offset just past the token that begins at `at`."""
        return self.source.ends.get(at, at + 1)

    def _refused(self, node: nodes.Node) -> ExpressionError:
        what = type(node).__name__.lower()
        hint = _HELP.get(type(node), "")
        return ExpressionError(
            f"a text for people knows no {what} here",
            node.lineno,
            hint,
            end=self.end(node.lineno),
            code="bad-template",
        )

    def _attribute(self, node: nodes.Getattr) -> tree.Node:
        target = self.translate(node.node)
        at = self.source.text.find(node.attr, node.lineno)
        at = at if at >= 0 else node.lineno
        return tree.Attribute(target.at, at + len(node.attr), target, node.attr, at)

    def _call(self, node: nodes.Call) -> tree.Node:
        if not isinstance(node.node, nodes.Name):
            message = "only a function's name can be called"
            raise ExpressionError(message, node.lineno, "write f(x, ...)", code="bad-template")
        self._only_plain(node)
        arguments = tuple(self.translate(a) for a in node.args)
        at, name = node.node.lineno, node.node.name
        end = self.source.text.find(")", arguments[-1].end if arguments else at) + 1
        return tree.Call(at, max(end, at + len(name)), name, arguments)

    def _format(self, node: nodes.Filter) -> tree.Node:
        if node.node is None:
            raise self._refused(node)
        self._only_plain(node)
        arguments = (self.translate(node.node), *(self.translate(a) for a in node.args))
        return tree.Call(node.lineno, self.end(node.lineno), "|" + node.name, arguments)

    def _only_plain(self, node: Any) -> None:
        if node.kwargs or node.dyn_args is not None or node.dyn_kwargs is not None:
            raise ExpressionError(
                "arguments are written one after another, without names", node.lineno, code="bad-template"
            )

    def _compare(self, node: nodes.Compare) -> tree.Node:
        left = self.translate(node.expr)
        if len(node.ops) > 1:
            at = node.ops[1].expr.lineno
            raise ExpressionError("two comparisons at once", at, "join two comparisons with and", code="bad-template")
        operator, right = node.ops[0].op, self.translate(node.ops[0].expr)
        if operator in ("eq", "ne"):
            return tree.Equality(left.at, right.end, left, right, operator == "ne")
        if operator in ("in", "notin"):
            found = tree.Contains(left.at, right.end, left, right)
            return found if operator == "in" else tree.Not(found.at, found.end, found)
        return tree.Ordering(left.at, right.end, _ORDERINGS[operator], left, right)

    def _ternary(self, node: nodes.CondExpr) -> tree.Node:
        condition, yes = self.translate(node.test), self.translate(node.expr1)
        no = self.translate(node.expr2) if node.expr2 is not None else tree.Constant(condition.end, condition.end, None)
        return tree.Ternary(yes.at, max(no.end, condition.end), condition, yes, no)

    def _operator(self, node: nodes.BinExpr | nodes.UnaryExpr) -> tree.Node:
        if isinstance(node, nodes.UnaryExpr):
            operand = self.translate(node.node)
            kind: type[tree.Not | tree.Negative] = tree.Not if isinstance(node, nodes.Not) else tree.Negative
            return operand if isinstance(node, nodes.Pos) else kind(min(node.lineno, operand.at), operand.end, operand)
        if not isinstance(node, (nodes.And, nodes.Or)) and type(node) not in _ARITHMETIC:
            raise self._refused(node)
        left, right = self.translate(node.left), self.translate(node.right)
        if isinstance(node, (nodes.And, nodes.Or)):
            return tree.logic("and" if isinstance(node, nodes.And) else "or", left, right)
        return tree.Arithmetic(left.at, right.end, _ARITHMETIC[type(node)], left, right)
