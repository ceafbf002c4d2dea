"""Exports networks of timm, torchvision, ultralytics and detectors.py to ONNX, as people export them.

    python tools/exporters/export_models.py FOLDER [--only TEXT] [--exporter torchscript|dynamo] [--opset N] [--variant NAME]
                                              [--sample N]

needs torch, torchvision, timm, ultralytics, onnx, onnxruntime and onnxscript. For each network: both exporters of PyTorch, four
opsets, and the variants static, dynamic batch, dynamic size and float16; with --sample, N of these 32 forms, others for the next
network, so that all forms come equally often. A file that is there is left alone, so that a stopped run goes on. Weights are random from a fixed seed. FOLDER/index.json has, for each file, the network, the Ghost modules in its code, and
other sizes than the example's for its symbolic dimensions. A file that ONNX Runtime does not run at those sizes is deleted.
"""

import argparse
import json
import sys
import traceback
import warnings
from pathlib import Path

import onnxruntime
import torch

GHOST_CLASSES = {"GhostModule", "GhostModuleV2", "GhostModuleV3", "GhostConv", "Ghost"}
OPSETS = {"torchscript": [11, 13, 17, 20], "dynamo": [18, 19, 21, 23]}
VARIANTS = ["static", "batch", "size", "float16"]

TIMM = """ghostnet_050 ghostnet_100 ghostnet_130 ghostnetv2_100 ghostnetv3_100 repghostnet_100 mobilenetv3_small_050
mobilenetv3_large_100 mobilenetv4_conv_small mobilenetv4_hybrid_medium efficientnet_lite0 efficientnet_b0 tinynet_e
lcnet_050 mnasnet_small fbnetc_100 hardcorenas_a convnext_atto convnextv2_atto fastvit_t8 efficientvit_b0 efficientvit_m0
edgenext_xx_small mobileone_s0 mobilevit_xxs repvgg_a0 resnet18 regnetx_002 starnet_s1 poolformer_s12 levit_128s
efficientformerv2_s0""".split()
TORCHVISION = """mobilenet_v2 mobilenet_v3_small shufflenet_v2_x0_5 squeezenet1_1 mnasnet0_5 efficientnet_b0 regnet_y_400mf""".split()
ULTRALYTICS = ["yolov8n-ghost", "yolov8n", "yolov5n", "yolo11n"]


def networks():
    """Name of a network and what builds it: a module in evaluation mode and the side of its picture."""
    for name in TIMM:
        yield f"timm-{name}", lambda name=name: build_timm(name)
    for name in TORCHVISION:
        yield f"torchvision-{name}", lambda name=name: build_torchvision(name)
    for name in ULTRALYTICS:
        yield f"ultralytics-{name}", lambda name=name: build_ultralytics(name)


    yield "detectors-esnet", build_esnet
    yield "detectors-ghostpan", build_ghostpan


def build_esnet():
    from detectors import ESNet

    return ESNet(), 224


def build_ghostpan():
    import torchvision
    from detectors import GhostPan

    return GhostPan(torchvision.models.shufflenet_v2_x1_0(weights=None)), 320


def build_timm(name):
    import timm

    model = timm.create_model(name, pretrained=False, exportable=True)
    return model, model.default_cfg["input_size"][-1]


def build_torchvision(name):
    import torchvision

    return torchvision.models.get_model(name, weights=None), 224


def build_ultralytics(name):
    from ultralytics.nn.tasks import DetectionModel

    model = DetectionModel(f"{name}.yaml", verbose=False)
    model.model[-1].export = True
    model.model[-1].format = "onnx"
    return model.fuse(verbose=False), 320


def disturb(model):
    """Batch normalisations with moments as after training: mean near 0, variance near 1."""
    for part in model.modules():
        if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
            part.running_mean.normal_(0, 0.1)
            part.running_var.uniform_(0.5, 1.5)


def ghost_modules(model):
    return sum(type(part).__name__ in GHOST_CLASSES for part in model.modules())


def export(model, side, path, exporter, opset, variant):
    example = torch.rand(1, 3, side, side)
    if variant == "float16":
        model, example = model.half(), example.half()
    axes = {"batch": {0: "batch"}, "size": {2: "height", 3: "width"}}.get(variant)
    options = {"input_names": ["image"], "opset_version": opset, "dynamo": exporter == "dynamo"}
    if axes and exporter == "dynamo":
        options["dynamic_shapes"] = ({axis: torch.export.Dim.DYNAMIC for axis in axes},)
    elif axes:
        options["dynamic_axes"] = {"image": axes}
    if exporter == "dynamo":
        options["external_data"] = False
        options["verbose"] = False
    torch.onnx.export(model, (example,), str(path), **options)


def try_other_sizes(path, side):
    """Runs two pictures, wider than high, where the input's dimensions are symbolic; gives their sizes by name."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (image,) = session.get_inputs()
    sizes = zip(image.shape, [2, 3, side, side + 32])
    bind = {dim: size for dim, size in sizes if isinstance(dim, str)}
    dtype = torch.float16 if image.type == "tensor(float16)" else torch.float32
    session.run(None, {image.name: torch.rand([bind.get(dim, dim) for dim in image.shape], dtype=dtype).numpy()})
    return bind


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="networks whose name contains this")
    parser.add_argument("--exporter", choices=list(OPSETS), action="append")
    parser.add_argument("--opset", type=int, action="append")
    parser.add_argument("--variant", choices=VARIANTS, action="append")
    parser.add_argument("--sample", type=int, default=32, metavar="N", help="only N forms of each network")
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    forms = list(all_forms())
    for place, (name, build) in enumerate(networks()):
        if args.only not in name:
            continue
        for number in range(args.sample):
            exporter, opset, variant = forms[sampled(place, number, args.sample, len(forms))]
            asked = ((exporter, args.exporter), (opset, args.opset), (variant, args.variant))
            if all(not wanted or value in wanted for value, wanted in asked):
                one(args.folder, name, build, exporter, opset, variant)


def all_forms():
    """Exporter, opset and variant; forms that stand far apart differ in all three."""
    versions = [(exporter, opset) for opsets in zip(*OPSETS.values()) for exporter, opset in zip(OPSETS, opsets)]
    for turn, variant in enumerate(VARIANTS):
        for exporter, opset in versions[turn:] + versions[:turn]:
            yield exporter, opset, variant


def sampled(place, number, count, forms):
    """Which form comes as `number` of `count` for the network at `place`: as far apart as can be, the next network one further."""
    return (number * forms // count + place) % forms


def one(folder, name, build, exporter, opset, variant):
    path = folder / f"{name}.{exporter}-{opset}-{variant}.onnx"
    index = folder / "index.json"
    known = json.loads(index.read_text()) if index.exists() else {}
    if path.name in known:
        return
    torch.manual_seed(0)
    model, side = build()
    model.eval()
    disturb(model)
    entry = {"network": name, "ghostModules": ghost_modules(model)}
    try:
        with torch.no_grad():
            export(model, side, path, exporter, opset, variant)
        entry["bind"] = try_other_sizes(path, side)
    except Exception as error:
        entry["refusedByExporter"] = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        path.unlink(missing_ok=True)
        if "--trace" in sys.argv:
            traceback.print_exc()
    known[path.name] = entry
    index.write_text(json.dumps(known, indent=1) + "\n")
    print(path.name, entry, flush=True)


if __name__ == "__main__":
    main()
