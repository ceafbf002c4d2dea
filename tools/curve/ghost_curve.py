"""Trains small GhostNets, and networks of plain modules that cost the same, and draws accuracy over cost, in float and int8.

    python tools/curve/ghost_curve.py FOLDER [--epochs N] [--only NAME]

needs torch, matplotlib, the wheel of apps/python, and Debian's dataset-fashion-mnist (60,000 pictures to train on, 10,000 to test).
Each network is trained on the CPU from a fixed seed, one after the other; FOLDER keeps its weights, so that a stopped run goes on.
The networks have the layers of GhostNet V1 (CVPR 2020) for pictures of 28x28: one stride less, and no layer of 1,280 channels. A plain network has a 1x1 convolution in place of each Ghost module, and the width at which both have equally many
multiply-accumulates. FOLDER gets curve.json, curve.md and curve.svg.
"""

import argparse
import gzip
import json
import time
from pathlib import Path

import ghostc
import numpy as np
import torch
from torch import nn

DATA = Path("/usr/share/datasets/fashion-mnist")
WIDTHS = [0.3, 0.4, 0.5]
# kernel, hidden and output channels, squeeze-and-excite, stride
BLOCKS = [
    (3, 16, 16, False, 1), (3, 48, 24, False, 2), (3, 72, 24, False, 1), (5, 72, 40, True, 2), (5, 120, 40, True, 1),
    (3, 240, 80, False, 1), (3, 200, 80, False, 1), (3, 184, 80, False, 1), (3, 184, 80, False, 1), (3, 480, 112, True, 1),
    (3, 672, 112, True, 1), (5, 672, 160, True, 2), (5, 960, 160, False, 1), (5, 960, 160, True, 1), (5, 960, 160, False, 1),
    (5, 960, 160, True, 1),
]  # fmt: skip


def conv(inputs, outputs, kernel=1, stride=1, groups=1, relu=True):
    layers = [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


class GhostModule(nn.Module):
    """Half of the channels by a 1x1 convolution, the others from these by a depthwise one of 3x3."""

    def __init__(self, inputs, outputs, relu=True):
        super().__init__()
        half = -(-outputs // 2)
        self.outputs = outputs
        self.primary = conv(inputs, half, relu=relu)
        self.cheap = conv(half, half, 3, groups=half, relu=relu)

    def forward(self, x):
        primary = self.primary(x)
        return torch.cat([primary, self.cheap(primary)], 1)[:, : self.outputs]


class SqueezeExcite(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.reduce = nn.Conv2d(channels, divisible(channels / 4), 1)
        self.expand = nn.Conv2d(divisible(channels / 4), channels, 1)

    def forward(self, x):
        gate = self.expand(torch.relu(self.reduce(x.mean((2, 3), keepdim=True))))
        return x * nn.functional.hardsigmoid(gate)


class Bottleneck(nn.Module):
    def __init__(self, module, inputs, hidden, outputs, kernel, excite, stride):
        super().__init__()
        layers = [module(inputs, hidden)]
        if stride > 1:
            layers.append(conv(hidden, hidden, kernel, stride, hidden, relu=False))
        if excite:
            layers.append(SqueezeExcite(hidden))
        self.layers = nn.Sequential(*layers, module(hidden, outputs, relu=False))
        self.shortcut = nn.Sequential()
        if stride > 1 or inputs != outputs:
            reduced = conv(inputs, inputs, kernel, stride, inputs, relu=False)
            self.shortcut = nn.Sequential(*reduced, *conv(inputs, outputs, relu=False))

    def forward(self, x):
        return self.layers(x) + self.shortcut(x)


class Network(nn.Module):
    """Pictures of 1x28x28 to logits of 10 classes."""

    def __init__(self, module, width):
        super().__init__()
        channels = divisible(16 * width)
        layers = [conv(1, channels, 3, stride=2)]
        for kernel, hidden, outputs, excite, stride in BLOCKS:
            sizes = divisible(hidden * width), divisible(outputs * width)
            layers.append(Bottleneck(module, channels, *sizes, kernel, excite, stride))
            channels = sizes[1]
        last = divisible(960 * width)
        self.layers = nn.Sequential(*layers, conv(channels, last))
        self.classifier = nn.Linear(last, 10)

    def forward(self, image):
        return self.classifier(self.layers(image).mean((2, 3)))


def divisible(channels, by=4):
    return max(by, int(channels + by / 2) // by * by)


def networks():
    """Name and network: a GhostNet of each width, then plain modules at the same cost."""
    for width in WIDTHS:
        yield f"ghost {width}x", Network(GhostModule, width)
    for width in WIDTHS:
        wanted = macs(Network(GhostModule, width))
        widths = [step / 100 for step in range(10, 60)]
        best = min(widths, key=lambda plain: abs(macs(Network(conv, plain)) - wanted))
        yield f"plain {best}x", Network(conv, best)


def macs(network):
    """Multiply-accumulates of the convolutions and the classifier for one picture."""
    total = 0

    def count(layer, _inputs, output):
        nonlocal total
        total += layer.weight[0].numel() * output[0].numel()

    hooks = [part.register_forward_hook(count) for part in network.modules() if isinstance(part, (nn.Conv2d, nn.Linear))]
    with torch.no_grad():
        network.eval()(torch.zeros(1, 1, 28, 28))
    for hook in hooks:
        hook.remove()
    return total


def read_split(split):
    """Pictures, normalised, and their labels."""
    images, labels = (gzip.decompress((DATA / f"{split}-{part}-ubyte.gz").read_bytes()) for part in ("images-idx3", "labels-idx1"))
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return (torch.from_numpy(pixels / np.float32(255)) - 0.286) / 0.353, torch.from_numpy(np.frombuffer(labels, np.uint8, offset=8).copy()).long()


def augmented(images):
    """Each batch is flipped in half of the cases, and moved by up to two pixels."""
    if torch.rand(()) < 0.5:
        images = images.flip(3)
    down, right = torch.randint(0, 5, (2,)).tolist()
    return nn.functional.pad(images, (2, 2, 2, 2), value=-0.286 / 0.353)[:, :, down : down + 28, right : right + 28]


def train(network, images, labels, epochs, batch=128):
    network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(network.parameters(), 0.004, weight_decay=0.02)
    steps = epochs * (len(images) // batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.004, total_steps=steps)
    for epoch in range(epochs):
        began, losses = time.monotonic(), []
        network.train()
        for chosen in torch.randperm(len(images))[: len(images) // batch * batch].split(batch):
            logits = network(augmented(images[chosen]))
            loss = nn.functional.cross_entropy(logits, labels[chosen], label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"  epoch {epoch + 1} of {epochs}: loss {np.mean(losses):.4f}, {time.monotonic() - began:.0f} s", flush=True)


def measure(name, network, train_images, test, folder):
    """A row for float and one for int8: accuracy on the test pictures in C, cost on a Cortex-M4."""
    example = test[0][:1]
    forms = {
        "float": ghostc.compile(network, example, device="cortex-m4", out=folder / "float"),
        "int8": ghostc.compile(network, example, device="cortex-m4", calibration=train_images[:512].split(32), out=folder / "int8"),
    }
    for form, result in forms.items():
        profile = ghostc.profile(result)
        accuracy = ghostc.evaluate(result, data=test)
        top1 = accuracy.results[0].top1
        yield {
            "network": name,
            "form": form,
            "accuracy": top1.share,
            "interval": top1.interval,
            "macs": macs(network),
            "instructions": profile.total,
            "arenaBytes": result.arena_bytes,
            "weightBytes": result.weight_bytes,
        }


def table(rows):
    lines = ["| network | form | accuracy | MACs | instructions | arena | weights |", "|-|-|-|-|-|-|-|"]
    for row in rows:
        low, high = (100 * end for end in row["interval"])
        cells = [row["network"], row["form"], f"{100 * row['accuracy']:.2f} % ({low:.1f} to {high:.1f})"]
        cells += [f"{row[cost] / 1e6:.2f} M" for cost in ("macs", "instructions")]
        cells += [f"{row[size]:,}" for size in ("arenaBytes", "weightBytes")]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def draw(rows, path):
    import matplotlib
    from matplotlib import pyplot

    matplotlib.use("svg")
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ghostc", "font.size": 9, "font.family": "sans-serif"})
    costs = [("macs", 1e6, "million multiply-accumulates"), ("instructions", 1e6, "million instructions, Cortex-M4"),
             ("arenaBytes", 1024, "KiB of arena")]  # fmt: skip
    figure, panels = pyplot.subplots(1, len(costs), figsize=(10, 3.2), sharey=True, layout="constrained")
    for panel, (cost, unit, label) in zip(panels, costs):
        for kind, colour in (("ghost", "#0b7285"), ("plain", "#c2410c")):
            for form, style in (("float", "--"), ("int8", "-")):
                line = [row for row in rows if row["network"].startswith(kind) and row["form"] == form]
                points = [row[cost] / unit for row in line], [100 * row["accuracy"] for row in line]
                panel.plot(*points, style, marker="o", markersize=4, color=colour, label=f"{kind}, {form}")
        panel.set_xlabel(label)
        panel.grid(alpha=0.25)
    panels[0].set_ylabel("accuracy, %")
    panels[-1].legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    title = "<title>Accuracy over multiply-accumulates, instructions and arena</title>"
    path.write_text(path.read_text().replace('version="1.1">', f'version="1.1">\n {title}', 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--only", default="", help="networks whose name contains this; draws nothing")
    args = parser.parse_args()
    train_images, train_labels = read_split("train")
    test = read_split("t10k")
    rows = []
    for name, network in networks():
        if args.only not in name:
            continue
        folder = args.folder / name.replace(" ", "-")
        folder.mkdir(parents=True, exist_ok=True)
        weights = folder / f"weights-{args.epochs}.pt"
        print(f"{name}: {macs(network):,} multiply-accumulates", flush=True)
        if weights.exists():
            network.load_state_dict(torch.load(weights))
        else:
            torch.manual_seed(0)
            train(network, train_images, train_labels, args.epochs)
            torch.save(network.state_dict(), weights)
        network.eval()
        rows += measure(name, network, train_images, test, folder)
        print(table(rows[-2:]), flush=True)
    if not args.only:
        (args.folder / "curve.json").write_text(json.dumps(rows, indent=1) + "\n")
        (args.folder / "curve.md").write_text(table(rows))
        draw(rows, args.folder / "curve.svg")
        print(table(rows))


if __name__ == "__main__":
    main()
