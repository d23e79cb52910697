"""A few of the other kind are told, more so where they stand for a class; sets of one kind are silent."""

import numpy as np
from planted_media import assert_only, changed, found, labels, opened, opened_files, pictures, rows_of, series

from whet.auditing.checks.colour_mix import ColourMix


def greyed(picture):
    return np.repeat(picture.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)


def test_a_few_grey_pictures_are_slight():
    rows = rows_of(300)
    finding = assert_only(found(ColourMix(), opened(changed(pictures(), rows, greyed))), rows)
    assert finding.level == "slight"
    assert finding.edits == ()


def test_grey_pictures_of_one_class_are_moderate():
    rows = np.flatnonzero(labels(300) == "b")[:15]
    (finding,) = found(ColourMix(), opened(changed(pictures(), rows, greyed)))
    assert finding.level == "moderate"
    assert "class 'b'" in finding.statement


def test_colour_files_among_grey_ones_are_found_though_decoded_as_grey(tmp_path):
    made = [p[:, :, 0] for p in pictures(500, side=16)]
    made[7] = pictures(1, side=16)[0]
    inspection = opened_files(tmp_path, made)
    if inspection.data.schema.features[0].image_size[2] == 1:
        (finding,) = found(ColourMix(), inspection)
        assert finding.count == 1


def test_sets_of_one_kind_and_even_mixes_are_silent():
    assert found(ColourMix(), opened(pictures())) == []
    assert found(ColourMix(), opened(pictures()[..., 0])) == []
    assert found(ColourMix(), opened(changed(pictures(), rows_of(300, 0.3), greyed))) == []
    assert found(ColourMix(), opened(series())) == []


def test_the_setting_decides():
    assert found(ColourMix(share=0.01), opened(changed(pictures(), rows_of(300), greyed))) == []
