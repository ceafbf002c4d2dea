# %% [markdown]
# # From PyTorch to a Cortex-M4
#
# A small GhostNet is trained on pictures that are made here, made int8, compiled to C for a Cortex-M4, and verified in an emulator.
# It takes about a minute on a laptop's CPU. Needs PyTorch, a C compiler, arm-none-eabi-gcc and qemu-system-arm.

# %%
import ghostc
import torch
from torch import nn

torch.manual_seed(1)


# %% [markdown]
# ## The network
#
# A Ghost module makes half of its channels by a convolution, and the others from these by a cheap depthwise one.


# %%
class GhostModule(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        half = -(-outputs // 2)
        self.outputs = outputs
        self.primary = nn.Sequential(nn.Conv2d(inputs, half, 1, stride, bias=False), nn.BatchNorm2d(half), nn.ReLU())
        self.cheap = nn.Sequential(
            nn.Conv2d(half, half, 3, 1, 1, groups=half, bias=False), nn.BatchNorm2d(half), nn.ReLU()
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        primary = self.primary(x)
        return torch.cat([primary, self.cheap(primary)], 1)[:, : self.outputs]


class GhostNet(nn.Module):
    def __init__(self, classes: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.body = nn.Sequential(GhostModule(8, 16), GhostModule(16, 32, 2), GhostModule(32, 32))
        self.head = nn.Linear(32, classes)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.head(self.body(self.stem(image)).mean((2, 3)))


# %% [markdown]
# ## The data
#
# Four kinds of noisy stripes: across, down, and both diagonals.


# %%
def stripes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    labels = torch.arange(count) % 4
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    ways = torch.stack([y, x, (x + y) / 2**0.5, (x - y) / 2**0.5])
    waves = torch.sin(ways[labels] * 1.2 + 6.28 * torch.rand(count, 1, 1))
    return (waves + 0.8 * torch.randn(count, 16, 16)).unsqueeze(1), labels


images, labels = stripes(1024)
test_images, test_labels = stripes(400)

# %%
model = GhostNet(4)
optimizer = torch.optim.AdamW(model.parameters(), 0.01)
for epoch in range(6):
    for start in range(0, len(images), 64):
        loss = nn.functional.cross_entropy(model(images[start : start + 64]), labels[start : start + 64])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"epoch {epoch}: loss {loss.item():.3f}")
model.eval()

# %% [markdown]
# ## Float C against PyTorch

# %%
x = test_images[:1]
check = ghostc.verify(model, x)
print(check)
assert check

# %% [markdown]
# ## Int8 for the board
#
# Ranges are measured on batches of the training data.

# %%
batches = images[:128].split(16)
result = ghostc.compile(model, x, device="cortex-m4", calibration=batches)
print(result)

# %%
proof = ghostc.verify(result)
print(proof)
assert proof and proof.targets[0].target == "c@cortex-m4"

# %% [markdown]
# ## What int8 costs
#
# Both see the same pictures, so that the difference has a narrow interval.

# %%
accuracy = ghostc.evaluate(model, x, data=(test_images, test_labels), against=[result])
print(accuracy)
float_accuracy, int8_accuracy = (one.top1.share for one in accuracy.results)
assert float_accuracy > 0.9 and int8_accuracy > float_accuracy - 0.03

# %% [markdown]
# ## In this process

# %%
net = ghostc.load(result.model)
right = (net(test_images).argmax(1) == test_labels.numpy()).mean()
print(f"int8 C on this machine: {100 * right:.1f} %")
assert abs(right - int8_accuracy) < 1e-9
