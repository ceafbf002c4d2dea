"""Detectors' backbones and necks that no package on PyPI builds in PyTorch, from their papers."""

import torch
from torch import nn
from torch.nn import functional as F


def conv(inputs, outputs, kernel=1, stride=1, groups=1, act=None):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([act()] if act else []))


class Gate(nn.Module):
    """Squeeze-and-excite to a quarter of the channels, gated by hard-sigmoid."""

    def __init__(self, channels):
        super().__init__()
        self.reduce = nn.Conv2d(channels, channels // 4, 1)
        self.expand = nn.Conv2d(channels // 4, channels, 1)

    def forward(self, x):
        return x * F.hardsigmoid(self.expand(F.relu(self.reduce(x.mean((2, 3), keepdim=True)))))


class Shuffled(nn.Module):
    """ES block of stride 1: half of the channels through pointwise, depthwise, gate, pointwise; then a shuffle of two groups."""

    def __init__(self, channels, middle):
        super().__init__()
        half = channels // 2
        self.first = conv(half, middle // 2, act=nn.Hardswish)
        self.depthwise = conv(middle // 2, middle // 2, 3, groups=middle // 2)
        self.gate = Gate(middle)
        self.last = conv(middle, half, act=nn.Hardswish)

    def forward(self, x):
        n, c, h, w = x.shape
        x = x.view(n, c // 2, 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        kept, moved = x.chunk(2, 1)
        primary = self.first(moved)
        ghost = torch.cat([primary, self.depthwise(primary)], 1)
        return torch.cat([kept, self.last(self.gate(ghost))], 1)


class Halved(nn.Module):
    """ES block of stride 2: two depthwise branches, joined, then a depthwise and a pointwise convolution."""

    def __init__(self, inputs, outputs, middle):
        super().__init__()
        half = outputs // 2
        self.side = nn.Sequential(conv(inputs, inputs, 3, 2, inputs), conv(inputs, half, act=nn.Hardswish))
        self.first = conv(inputs, middle // 2, act=nn.Hardswish)
        self.depthwise = conv(middle // 2, middle // 2, 3, 2, middle // 2)
        self.gate = Gate(middle // 2)
        self.last = conv(middle // 2, half, act=nn.Hardswish)
        self.mix = nn.Sequential(
            conv(outputs, outputs, 3, groups=outputs, act=nn.Hardswish), conv(outputs, outputs, act=nn.Hardswish)
        )

    def forward(self, x):
        main = self.last(self.gate(self.depthwise(self.first(x))))
        return self.mix(torch.cat([self.side(x), main], 1))


class ESNet(nn.Module):
    """ESNet 0.75x with a classifier, the backbone of PP-PicoDet (Yu et al. 2021)."""

    def __init__(self, channels=(18, 96, 192, 384), blocks=(3, 7, 3), classes=1000):
        super().__init__()
        self.stem = nn.Sequential(conv(3, channels[0], 3, 2, act=nn.Hardswish), nn.MaxPool2d(3, 2, 1))
        layers, inputs = [], channels[0]
        for outputs, count in zip(channels[1:], blocks):
            layers.append(Halved(inputs, outputs, outputs))
            layers += [Shuffled(outputs, outputs // 2) for _ in range(count - 1)]
            inputs = outputs
        self.body = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.Conv2d(inputs, 1024, 1, bias=False), nn.Hardswish())
        self.classifier = nn.Linear(1024, classes)

    def forward(self, x):
        x = self.body(self.stem(x)).mean((2, 3), keepdim=True)
        return self.classifier(self.head(x).flatten(1))


class Ghost(nn.Module):
    def __init__(self, inputs, outputs, act=None):
        super().__init__()
        self.primary = conv(inputs, outputs // 2, act=act)
        self.cheap = conv(outputs // 2, outputs // 2, 3, groups=outputs // 2, act=act)

    def forward(self, x):
        primary = self.primary(x)
        return torch.cat([primary, self.cheap(primary)], 1)


class GhostBlock(nn.Module):
    """Two Ghost modules beside a depthwise and a pointwise convolution."""

    def __init__(self, inputs, outputs, act):
        super().__init__()
        self.main = nn.Sequential(Ghost(inputs, outputs, act), Ghost(outputs, outputs))
        self.side = nn.Sequential(conv(inputs, inputs, 5, groups=inputs), conv(inputs, outputs))

    def forward(self, x):
        return self.main(x) + self.side(x)


class GhostPan(nn.Module):
    """The neck of NanoDet-Plus on a ShuffleNet: three levels of 96 channels, down and up again, and a fourth level."""

    def __init__(self, backbone, inputs=(116, 232, 464), channels=96):
        super().__init__()
        act = lambda: nn.LeakyReLU(0.1)
        self.backbone = backbone
        self.reduce = nn.ModuleList(conv(c, channels, act=act) for c in inputs)
        self.down = nn.ModuleList(GhostBlock(2 * channels, channels, act) for _ in inputs[1:])
        depthwise = lambda: nn.Sequential(conv(channels, channels, 5, 2, channels, act), conv(channels, channels, act=act))
        self.stride = nn.ModuleList(depthwise() for _ in inputs[1:])
        self.up = nn.ModuleList(GhostBlock(2 * channels, channels, act) for _ in inputs[1:])
        self.extra = nn.ModuleList([depthwise(), depthwise()])

    def forward(self, x):
        b = self.backbone
        x = b.stage2(b.maxpool(b.conv1(x)))
        y = b.stage3(x)
        z = b.stage4(y)
        levels = [reduce(one) for reduce, one in zip(self.reduce, (x, y, z))]
        inner = [levels[2]]
        for low, block in zip((levels[1], levels[0]), self.down):
            upper = F.interpolate(inner[0], scale_factor=2.0, mode="bilinear")
            inner.insert(0, block(torch.cat([upper, low], 1)))
        outs = [inner[0]]
        for high, stride, block in zip(inner[1:], self.stride, self.up):
            outs.append(block(torch.cat([stride(outs[-1]), high], 1)))
        last = self.extra[0](levels[2]) + self.extra[1](outs[-1])
        return (*outs, last)
