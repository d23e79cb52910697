import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset, Subset, TensorDataset

from whet.data.sources import read
from whet.errors import DataError
from whet.rng import make_numpy_generator


class Pairs(Dataset):
    def __init__(self, *items):
        self.items = items
        self.num_reads = 0

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        self.num_reads += 1
        return self.items[index]


class Stream(IterableDataset):
    def __iter__(self):
        return iter([])


def pictures(n=6, size=(9, 8)):
    pixels = make_numpy_generator(0, "pictures").integers(0, 256, (n, *size, 3), np.uint8)
    return pixels, [Image.fromarray(p) for p in pixels]


def test_a_torch_dataset_of_tensors_is_read_once():
    pixels, _ = pictures()
    tensors = torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255
    source = Pairs(*[(t, i % 2) for i, t in enumerate(tensors)])
    raw = read(source)
    np.testing.assert_array_equal(raw.arrays["image"], pixels)
    assert raw.table.to_pydict() == {"y": [0, 1, 0, 1, 0, 1]}
    assert raw.target == "y"
    assert source.num_reads == 6
    np.testing.assert_array_equal(read(Subset(source, [4, 1])).arrays["image"], pixels[[4, 1]])


def test_torch_datasets_of_pillow_pictures_texts_and_rows_are_read():
    pixels, held = pictures()
    np.testing.assert_array_equal(read(Pairs(*[(p, "a") for p in held])).arrays["image"], pixels)
    assert read(Pairs(("good", 1), ("bad", 0))).table.to_pydict() == {"text": ["good", "bad"], "y": [1, 0]}
    raw = read(TensorDataset(torch.ones(4, 3, requires_grad=True), torch.tensor([0.5, 1, 2, 3])))
    assert raw.table.column("y").to_pylist() == [0.5, 1, 2, 3]
    assert read(TensorDataset(torch.ones(4, 3))).target is None
    assert read((torch.ones(4, 3), torch.arange(4))).table.column("y").to_pylist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Pairs(), "holds no examples"),
        (Stream(), "map-style"),
        (Pairs((1, 2, 3)), r"expected x or \(x, y\); got a tuple of 3"),
        (Pairs(({"x": 1}), ({"x": 2})), "got a dict"),
        (Pairs((torch.zeros(3, 8, 8), 0), (torch.zeros(3, 9, 8), 1)), "2 different shapes.*Resize or pad"),
        (Pairs((torch.zeros(2), 0), "x"), "example 1: expected a pair"),
        (Pairs((torch.zeros(2), 0), ("x", 1)), "1 examples are texts or missing"),
    ],
)
def test_torch_datasets_that_cannot_be_read_say_why(source, message):
    with pytest.raises(DataError, match=message):
        read(source)


def test_an_error_in_the_dataset_names_the_example():
    class Broken(Pairs):
        def __getitem__(self, index):
            return (1.0, 1) if index < 2 else 1 / 0

    with pytest.raises(DataError, match="example 2 cannot be read: ZeroDivisionError"):
        read(Broken(1, 2, 3))


def test_integers_before_floats_widen():
    assert read(Pairs((1, 0), (2.5, 1))).table.column("x").to_pylist() == [1.0, 2.5]


def test_hugging_face_columns_classes_and_pictures_are_read():
    datasets = pytest.importorskip("datasets")
    pixels, held = pictures()
    features = datasets.Features(
        {"image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"]), "age": datasets.Value("int32")}
    )
    source = datasets.Dataset.from_dict(
        {"image": held, "label": [0, 1, 0, -1, 0, 1], "age": list(range(6))}, features=features
    )
    raw = read(source)
    np.testing.assert_array_equal(raw.arrays["image"], pixels)
    assert raw.table.to_pydict() == {"label": ["cat", "dog", "cat", None, "cat", "dog"], "age": [0, 1, 2, 3, 4, 5]}
    assert raw.target == "label"
    chosen = read(source.select([5, 0]))
    np.testing.assert_array_equal(chosen.arrays["image"], pixels[[5, 0]])
    assert chosen.table.column("age").to_pylist() == [5, 0]
    with pytest.raises(DataError, match=r"splits \['train'\].*dataset\['train'\]"):
        read(datasets.DatasetDict({"train": source}))
    with pytest.raises(DataError, match="only datasets with a length"):
        read(source.to_iterable_dataset())


def test_hugging_face_texts_and_lists_are_read_and_sizes_must_agree():
    datasets = pytest.importorskip("datasets")
    raw = read(datasets.Dataset.from_dict({"text": ["a", "b"], "ecg": [[1.0, 2.0], [3.0, 4.0]]}))
    assert raw.table.to_pydict() == {"text": ["a", "b"]}
    assert raw.arrays["ecg"].shape == (2, 1, 2)
    assert raw.target is None
    sizes = [Image.new("RGB", (8, 8)), Image.new("RGB", (9, 8))]
    source = datasets.Dataset.from_dict({"image": sizes}, features=datasets.Features({"image": datasets.Image()}))
    with pytest.raises(DataError, match=r"2 different shapes.*Resize or pad"):
        read(source)


def test_an_unreadable_hugging_face_picture_is_reported():
    datasets = pytest.importorskip("datasets")
    good = {"path": None, "bytes": _png()}
    cells = [good] * 30 + [{"path": None, "bytes": b"broken"}]
    features = datasets.Features({"image": datasets.Image(), "n": datasets.Value("int64")})
    raw = read(datasets.Dataset.from_dict({"image": cells, "n": list(range(31))}, features=features))
    assert raw.num_rows == 30
    assert raw.rows.tolist() == list(range(30))
    assert "row 30" in raw.problems[0].where


def _png():
    import io

    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "PNG")
    return buffer.getvalue()
