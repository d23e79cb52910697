"""Several networks of one architecture as one plain sequence of tensor operations on their stacked weights.

``torch.func.vmap`` says what one operation on all members is, but asks anew at every step, which costs more than a
small network's arithmetic. So the operations are written down once per batch shape, freed from those that do nothing,
and replayed; gradients come from ordinary autograd. ``make_fx`` would write them down as well, but the first call of
it imports a computer algebra system, which takes longer than many a small training.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx import Graph, GraphModule, Node
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

__all__ = ["traced"]

_ATEN = torch.ops.aten
_SAME_SHAPE = (_ATEN.expand.default, _ATEN.view.default, _ATEN._unsafe_view.default)
_TIMES = (_ATEN.mul.Scalar, _ATEN.mul.Tensor)
# The same operations by the way that Python code takes to them: a third less per call than by the operator's schema.
_DIRECT: dict[Any, Callable[..., Tensor]] = {
    _ATEN.add.Tensor: torch.add,
    _ATEN.sub.Tensor: torch.sub,
    _ATEN.mul.Tensor: torch.mul,
    _ATEN.div.Tensor: torch.div,
    _ATEN.relu.default: torch.relu,
    _ATEN.clamp.default: torch.clamp,
    _ATEN.clamp_min.default: torch.clamp_min,
    _ATEN.bmm.default: torch.bmm,
    _ATEN.baddbmm.default: torch.baddbmm,
    _ATEN.transpose.int: torch.transpose,
    _ATEN.permute.default: torch.permute,
    _ATEN.unsqueeze.default: torch.unsqueeze,
    _ATEN.view.default: Tensor.view,
    _ATEN._unsafe_view.default: Tensor.view,
    _ATEN.clone.default: torch.clone,
    _ATEN.cat.default: torch.cat,
}


def traced(function: Callable[..., Tensor], example: Sequence[Tensor]) -> Callable[..., Tensor]:
    """``function`` as plain operations, valid for arguments of the shapes of ``example``.

    >>> double = traced(lambda x: (x * 1 + x).view(2, 3), [torch.ones(2, 3)])
    >>> double(torch.ones(2, 3)).sum()
    tensor(12.)
    """
    with torch.no_grad(), _Writing(example) as writing:
        outputs = function(*example)
    graph = writing.graph
    graph.output(writing.node_of(outputs))
    for node in list(graph.nodes):
        if _does_nothing(node):
            node.replace_all_uses_with(node.args[0])
            graph.erase_node(node)
    for node in list(graph.nodes):
        _join_product_and_bias(graph, node)
    graph.eliminate_dead_code()
    for node in graph.nodes:
        node.target = _DIRECT.get(node.target, node.target) if node.op == "call_function" else node.target
    replay: Callable[..., Tensor] = GraphModule(writing.constants, graph).forward
    return replay


class _Writing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Runs every operation, below vmap and autograd, and writes it into ``graph``."""

    def __init__(self, inputs: Sequence[Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.graph, self.constants = Graph(), nn.Module()
        self._nodes: dict[int, Node] = {}
        self._alive: list[Tensor] = []  # so that no two tensors have the same id
        for number, tensor in enumerate(inputs):
            self._note(tensor, self.graph.placeholder(f"x{number}"))

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """See ``TorchDispatchMode``."""
        found = func(*args, **(kwargs or {}))
        node = self.graph.call_function(func, tree_map(self._known, tuple(args)), tree_map(self._known, kwargs or {}))
        if isinstance(found, Tensor):
            self._note(found, node)
        elif isinstance(found, tuple | list):
            for number, part in enumerate(found):
                if isinstance(part, Tensor):
                    self._note(part, self.graph.call_function(operator.getitem, (node, number)))
        return found

    def node_of(self, tensor: Tensor) -> Node:
        """Where it came from; a tensor that nothing here computed is a constant."""
        if id(tensor) not in self._nodes:
            name = f"constant{len(self._alive)}"
            self.constants.register_buffer(name, tensor.detach(), persistent=False)
            self._note(tensor, self.graph.get_attr(name))
        return self._nodes[id(tensor)]

    def _known(self, value: Any) -> Any:
        return self.node_of(value) if isinstance(value, Tensor) else value

    def _note(self, tensor: Tensor, node: Node) -> None:
        node.meta["shape"] = tuple(tensor.shape)
        self._nodes[id(tensor)] = node
        self._alive.append(tensor)


def _does_nothing(node: Node) -> bool:
    if node.target in _TIMES:
        return isinstance(node.args[1], int | float) and node.args[1] == 1
    return node.target in _SAME_SHAPE and _shape(node) is not None and _shape(node) == _shape(node.args[0])


def _join_product_and_bias(graph: Graph, node: Node) -> None:
    """bias (k, 1, n) + bmm((k, b, m), (k, m, n)) as one operation."""
    if node.target is not _ATEN.add.Tensor or node.kwargs or len(node.args) != 2:
        return
    for product, bias in (node.args, node.args[::-1]):
        if not isinstance(product, Node) or product.target is not _ATEN.bmm.default or len(product.users) != 1:
            continue
        shape, wanted = _shape(bias), _shape(node)
        if shape is None or wanted is None or len(shape) != 3 or shape != (wanted[0], 1, wanted[2]):
            continue
        with graph.inserting_before(node):
            joined = graph.call_function(_ATEN.baddbmm.default, (bias, *product.args))
        joined.meta = dict(node.meta)
        node.replace_all_uses_with(joined)
        graph.erase_node(node)
        graph.erase_node(product)
        return


def _shape(node: object) -> tuple[int, ...] | None:
    return node.meta.get("shape") if isinstance(node, Node) else None
