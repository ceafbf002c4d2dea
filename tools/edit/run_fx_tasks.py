"""Runs the torch.fx blocks of docs/coming-from.md and compares the results with test-fixtures/editing/results.json.

    python tools/edit/run_fx_tasks.py      (from the root; needs torch and numpy; exit code 1 where one differs)

A block finds the traced model as `model`, its graph as `g`, its nodes by name as `n`; it gives `result`, and `shape` or `dtype` of
the input where they are others.
"""
import json, operator, re, sys
import numpy as np
import torch
import torch.nn.functional as F
from torch import fx, nn


def constants():
    text = open("test-fixtures/editing/net.gir").read()
    for name, shape, data in re.findall(r"const %(\w+): f32\[([\d,]*)\] = \[(.*?)\]", text):
        yield name, torch.tensor([float(x) for x in data.split(",")]).reshape([int(d) for d in shape.split(",")])


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.bn, self.act = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()
        self.point, self.gate, self.pool = nn.Conv2d(4, 4, 1, bias=False), nn.Sigmoid(), nn.AdaptiveAvgPool2d(1)
        self.logits = nn.Linear(4, 5)
        places = dict(w1=self.conv.weight, b1=self.conv.bias, scale=self.bn.weight, shift=self.bn.bias, mean=self.bn.running_mean)
        places.update(variance=self.bn.running_var, w2=self.point.weight, wl=self.logits.weight, bl=self.logits.bias)
        for name, value in constants():
            places[name].data.copy_(value)

    def forward(self, image):
        point = self.point(self.act(self.bn(self.conv(image))))
        return self.logits(torch.reshape(self.pool(self.gate(point) * point), (1, 4)))


def given(shape, dtype):
    """The numbers of run_tasks.py."""
    index = np.arange(int(np.prod(shape)))
    values = (index * 37) % 256 if dtype == torch.uint8 else np.sin(index * 0.7) * 2
    return torch.tensor(values.reshape(shape)).to(dtype)


def run(code):
    model = fx.symbolic_trace(Net().eval())
    names = dict(model=model, g=model.graph, n={node.name: node for node in model.graph.nodes}, np=np)
    names.update(torch=torch, F=F, nn=nn, fx=fx, operator=operator, shape=[1, 3, 8, 8], dtype=torch.float32)
    exec(code, names)
    result = names["result"]
    if isinstance(result, fx.GraphModule):
        result.graph.lint()
        result.recompile()
    with torch.no_grad():
        outputs = result(given(names["shape"], names["dtype"]))
    return outputs if isinstance(outputs, (tuple, list)) else [outputs]


def difference(found, wanted):
    if len(found) != len(wanted):
        return f"{len(found)} outputs, expected {len(wanted)}"
    for i, (a, b) in enumerate(zip(found, wanted)):
        values = a.detach().double().reshape(-1)[:16].numpy()
        if list(a.shape) != b["shape"] or not np.allclose(values, b["values"], rtol=0, atol=5e-4 * max(1e-3, np.abs(b["values"]).max())):
            return f"output {i}: {list(a.shape)} {values[:4]}, expected {b['shape']} {b['values'][:4]}"


page = open("docs/coming-from.md").read()
expected = json.load(open("test-fixtures/editing/results.json"))
wrong = 0
for title, code in re.findall(r"^### ([^\n]*)\n(?:(?!^### ).)*?```python\n(# torch\.fx\n.*?)```", page, re.M | re.S):
    try:
        differs = difference(run(code), expected[title])
    except Exception as error:
        differs = f"{type(error).__name__}: {error}"
    wrong += differs is not None
    print(f"{title:66} {differs or 'same'}")
sys.exit(1 if wrong else 0)
