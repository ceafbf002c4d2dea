"""Functions of the model, and If whose condition follows from shapes or constants."""

import numpy as np
import onnx
from build import TYPES, model, node, seeded, value
from case import Case
from onnx import helper

ints = lambda *values: np.array(values, np.int64)
HERE = helper.make_opsetid("here", 1)
X = value("x", [2, 3])
Y = value("y", None)


def function(name, inputs, outputs, nodes, opset=17, attributes=(), defaults=(), more=()):
    imports = [helper.make_opsetid("", opset), HERE, *more]
    split = lambda names: names.split()
    return helper.make_function("here", name, split(inputs), split(outputs), nodes, imports, list(attributes), list(defaults))


def ref(name: str, to: str, kind: int) -> onnx.AttributeProto:
    return onnx.AttributeProto(name=name, ref_attr_name=to, type=kind)


def with_ref(op, inputs, outputs, *refs):
    made = node(op, inputs, outputs)
    made.attribute.extend(refs)
    return made


def called(name, nodes, functions, inputs=None, constants=None, opset=17, **more):
    graph = model(nodes, [X], [Y], constants, opset, imports=[HERE], functions=functions)
    return Case(name, graph, {"x": seeded(1, 2, 3)} if inputs is None else inputs, **more)


FLOAT, INT, INTS = 1, 2, 7


def cases():
    leaky = function("Leak", "a", "b", [with_ref("LeakyRelu", "a", "b", ref("alpha", "slope", FLOAT))], attributes=["slope"])
    yield called("attribute", [node("Leak", "x", "y", domain="here", slope=0.25)], [leaky])
    default = function("Leak", "a", "b", [with_ref("LeakyRelu", "a", "b", ref("alpha", "slope", FLOAT))],
                       defaults=[helper.make_attribute("slope", 0.5)])
    yield called("attribute-default", [node("Leak", "x", "t", domain="here"), node("Leak", "t", "y", domain="here", slope=0.1)], [default])
    yield called("attribute-absent", [node("Leak", "x", "y", domain="here")], [leaky])
    outer = function("Outer", "a", "b", [
        with_ref("Leak", "a", "t", ref("slope", "strength", FLOAT)), node("Neg", "t", "b")], attributes=["strength"])
    for one in outer.node[:1]:
        one.domain = "here"
    yield called("nested", [node("Outer", "x", "y", domain="here", strength=0.3)], [leaky, outer])
    twice = function("Twice", "a b", "c d", [node("Add", "a b", "t"), node("Relu", "t", "c"), node("Sub", "t b", "d")])
    yield called("two-results-twice", [
        node("Twice", "x x", "p q", domain="here"), node("Twice", "p q", "r s", domain="here"), node("Mul", "r s", "y")], [twice])
    through = function("Through", "a b", "b a", [])
    yield called("swaps-inputs", [node("Relu", "x", "t"), node("Through", "t x", "p q", domain="here"), node("Sub", "p q", "y")], [through],
                 outputs=[np.minimum(seeded(1, 2, 3), 0)])
    optional = function("Bounded", "a low high", "b", [node("Clip", "a low high", "b")])
    yield called("input-absent", [node("Bounded", ["x", "", "top"], "y", domain="here")], [optional], constants={"top": np.float32(0.5)})
    squeeze = function("Squeezed", "a", "b", [node("Unsqueeze", "a", "t", axes=[0]), node("Squeeze", "t", "b", axes=[0])], opset=11)
    yield called("own-opset", [node("Squeezed", "x", "y", domain="here")], [squeeze], outputs=[seeded(1, 2, 3)])
    folded = function("Flat", "a", "b", [
        node("Shape", "a", "s"), node("Constant", "", "i", value_int=0), node("Gather", "s i", "n"),
        node("Constant", "", "axis", value_ints=[0]), node("Unsqueeze", "n axis", "n1"),
        node("Constant", "", "rest", value_ints=[-1]), node("Concat", "n1 rest", "target", axis=0), node("Reshape", "a target", "b")])
    yield called("folds-shapes", [node("Flat", "x", "y", domain="here")], [folded])
    conv = function("Conv2", "a w", "b", [with_ref("Conv", "a w", "t", ref("pads", "pads", INTS), ref("group", "group", INT)), node("Relu", "t", "b")],
                    attributes=["pads", "group"])
    graph = model([node("Conv2", "x w", "y", domain="here", pads=[1, 1, 1, 1], group=2)], [value("x", [1, 4, 5, 5])], [Y],
                  {"w": seeded(3, 4, 2, 3, 3)}, imports=[HERE], functions=[conv])
    yield Case("convolution", graph, {"x": seeded(2, 1, 4, 5, 5)})
    chain = [function("F0", "a", "b", [node("Neg", "a", "b")])]
    for i in range(1, 60):
        chain.append(function(f"F{i}", "a", "b", [node(f"F{i - 1}", "a", "b", domain="here")]))
    yield called("chain-of-sixty", [node("F59", "x", "y", domain="here")], chain)
    yield called("calls-itself", [node("F", "x", "y", domain="here")], [function("F", "a", "b", [node("F", "a", "b", domain="here")])],
                 outputs=[seeded(1, 2, 3)], refused={"read": "calls itself"})
    yield called("call-in-turn", [node("F", "x", "y", domain="here")], [
        function("F", "a", "b", [node("G", "a", "b", domain="here")]), function("G", "a", "b", [node("F", "a", "b", domain="here")])],
        outputs=[seeded(1, 2, 3)], refused={"read": "calls itself"})
    doubling = [function("D0", "a", "b", [node("Neg", "a", "b")])]
    for i in range(1, 30):
        doubling.append(function(f"D{i}", "a", "b", [node(f"D{i - 1}", "a", "t", domain="here"), node(f"D{i - 1}", "t", "b", domain="here")]))
    yield called("doubling", [node("D29", "x", "y", domain="here")], doubling, outputs=[seeded(1, 2, 3)], refused={"read": "unfold to more than"})
    yield from branches()


def branch(name, nodes, output, constants=None):
    initializers = [onnx.numpy_helper.from_array(np.asarray(data), key) for key, data in (constants or {}).items()]
    return helper.make_graph(nodes, name, [], [value(output, None)], initializers)


def branches():
    relu = branch("then", [node("Relu", "x", "p")], "p")
    neg = branch("else", [node("Neg", "x", "q")], "q")
    for flag in (True, False):
        nodes = [node("If", "c", "y", then_branch=relu, else_branch=neg)]
        yield Case(f"if-{str(flag).lower()}", model(nodes, [X], [Y], {"c": np.array(flag)}), {"x": seeded(4, 2, 3)})
    outside = branch("then", [], "t")
    nodes = [node("Exp", "x", "t"), node("If", "c", "y", then_branch=outside, else_branch=neg)]
    yield Case("if-gives-outer-value", model(nodes, [X], [Y], {"c": np.array([True])}), {"x": seeded(4, 2, 3)}, outputs=[np.exp(seeded(4, 2, 3))])
    inner = node("If", "d", "r", then_branch=branch("a", [node("Add", "p w", "s")], "s", {"w": seeded(5, 3)}), else_branch=branch("b", [node("Identity", "p", "u")], "u"))
    nested = branch("then", [node("Relu", "x", "p"), inner], "r")
    nodes = [node("If", "c", "y", then_branch=nested, else_branch=neg)]
    yield Case("if-nested", model(nodes, [X], [Y], {"c": np.array(True), "d": np.array(True)}), {"x": seeded(4, 2, 3)})
    # torch's x.squeeze(1) with a dynamic batch: the size of axis 1 is known all the same
    squeezed = branch("then", [node("Squeeze", "x ax", "p")], "p", {"ax": ints(1)})
    kept = branch("else", [node("Identity", "x", "q")], "q")
    nodes = [node("Shape", "x", "s"), node("Gather", "s i", "d"), node("Equal", "d one", "c"), node("If", "c", "t", then_branch=squeezed, else_branch=kept),
             node("Relu", "t", "y")]
    yield Case("if-squeeze-dynamic-batch", model(nodes, [value("x", ["N", 1, 4])], [Y], {"i": np.int64(1), "one": np.int64(1)}),
               {"x": seeded(6, 3, 1, 4)}, bind={"N": 3})
    rank = [node("Shape", "x", "s"), node("Size", "s", "r"), node("Less", "r three", "l"), node("Not", "l", "c"),
            node("If", "c", "y", then_branch=relu, else_branch=neg)]
    yield Case("if-on-rank", model(rank, [X], [Y], {"three": np.int64(3)}), {"x": seeded(4, 2, 3)})
    body = function("Choose", "x", "y", [with_ref("Constant", [], "f", ref("value_int", "flag", INT)), node("Cast", "f", "c", to=TYPES["bool"]),
                                         node("If", "c", "y", then_branch=relu, else_branch=neg)], attributes=["flag"])
    graph = [node("Choose", "x", "t", domain="here", flag=1), node("Choose", "t", "u", domain="here", flag=0), node("Exp", "u", "y")]
    yield called("if-in-function", graph, [body])
    data = [node("ReduceMax", "x", "m", keepdims=0), node("Less", "m zero", "c"), node("If", "c", "y", then_branch=relu, else_branch=neg)]
    yield Case("if-on-data", model(data, [X], [Y], {"zero": np.float32(0)}), {"x": seeded(4, 2, 3)})
    yield from selected()


def side(outputs, *nodes):
    return helper.make_graph(list(nodes), "branch", [], [value(name, None) for name in outputs.split()])


def selected():
    """Conditions that the data decides."""
    test = [node("ReduceMax", "x", "m", keepdims=0), node("Less", "m zero", "c")]
    zero = {"zero": np.float32(0), "two": np.float32(2)}
    for name, data in (("true", -np.abs(seeded(4, 2, 3))), ("false", seeded(4, 2, 3))):
        both = node("If", "c", "p q", then_branch=side("a t", node("Exp", "x", "t"), node("Neg", "t", "a")),
                    else_branch=side("a t", node("Mul", "x two", "a"), node("Add", "a x", "t")))
        yield Case(f"if-on-data-two-results-{name}", model([*test, both, node("Sub", "p q", "y")], [X], [Y], zero), {"x": data})
    inner = node("If", "d", "b", then_branch=side("t", node("Exp", "x", "t")), else_branch=side("t", node("Neg", "x", "t")))
    outer = node("If", "c", "y", then_branch=side("t", node("Relu", "x", "t")),
                 else_branch=side("b", node("Less", "m two", "d"), inner))
    yield Case("if-on-data-nested", model([*test, outer], [X], [Y], zero), {"x": seeded(4, 2, 3)})
    rows = node("If", "c", "y", then_branch=side("t", node("ReduceSum", "x", "t")), else_branch=side("t", node("Neg", "x", "t")))
    yield Case("if-on-data-shapes-differ", model([*test, rows], [X], [Y], zero), {"x": seeded(4, 2, 3)},
               refused={"read": "the branches of If give f32[1,1] and f32[2,3]"})
