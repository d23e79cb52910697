import gzip
import re

import pytest

from whet.data.sources import read
from whet.errors import DataError

CLEAN = "age,name\n" + "".join(f"{i},n{i}\n" for i in range(60))


def write(folder, content, name="t.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def with_line(line, number=10):
    """The clean file with its 1-based line ``number`` replaced."""
    lines = CLEAN.splitlines(keepends=True)
    return "".join([*lines[: number - 1], line + "\n", *lines[number:]])


def test_a_clean_file_is_read_whole_as_text(tmp_path):
    raw = read(write(tmp_path, CLEAN))
    assert raw.table.to_pydict() == {"age": [str(i) for i in range(60)], "name": [f"n{i}" for i in range(60)]}
    assert raw.problems == ()
    assert raw.rows is None
    assert raw.target is None
    assert raw.root == tmp_path
    assert raw.origin == "t.csv"
    assert raw.row_numbers.tolist() == list(range(60))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(tmp_path, separator):
    text = CLEAN.replace(",", separator)
    assert read(write(tmp_path, text)).table.equals(read(write(tmp_path, CLEAN, "c.csv")).table)


def test_a_separator_inside_texts_does_not_count(tmp_path):
    raw = read(write(tmp_path, "text;label\n" + "well, yes, and no;a\n" * 30))
    assert raw.table.column_names == ["text", "label"]
    assert raw.problems == ()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + CLEAN.encode(),
        CLEAN.encode("utf-16"),
        b"\xfe\xff" + CLEAN.encode("utf-16-be"),
        CLEAN.replace("\n", "\r\n").encode(),
        CLEAN.replace("\n", "\r").encode(),
        CLEAN.strip().encode(),
        b"\n\n" + CLEAN.replace("\n", "\n\n").encode(),
    ],
    ids=[
        "utf-8 mark",
        "utf-16",
        "utf-16-be",
        "windows line ends",
        "old mac line ends",
        "no last line end",
        "blank lines",
    ],
)
def test_marks_encodings_and_line_ends_change_nothing(tmp_path, content):
    raw = read(write(tmp_path, content))
    assert raw.table.equals(read(write(tmp_path, CLEAN, "clean.csv")).table)
    assert raw.problems == ()


def test_gzip_reads_like_the_plain_file_and_a_cut_one_is_refused(tmp_path):
    packed = gzip.compress(CLEAN.encode())
    assert read(write(tmp_path, packed, "t.csv.gz")).table.equals(read(write(tmp_path, CLEAN)).table)
    with pytest.raises(DataError, match=r"cut\.csv\.gz cannot be unpacked.*cut short"):
        read(write(tmp_path, packed[:-12], "cut.csv.gz"))
    with pytest.raises(DataError, match="cannot be unpacked"):
        read(write(tmp_path, CLEAN, "plain.csv.gz"))


def test_only_the_empty_cell_is_null(tmp_path):
    raw = read(write(tmp_path, 'a,b\n,NA\n"",null\n?,nan\n'))
    assert raw.table.to_pydict() == {"a": [None, None, "?"], "b": ["NA", "null", "nan"]}


def test_quotes_hold_separators_quotes_and_line_ends(tmp_path):
    raw = read(write(tmp_path, 'a,b\n"1,5","he said ""hi"""\n"two\nlines","x\r\ny"\n5" pipe,z\n'))
    assert raw.table.to_pydict() == {"a": ["1,5", "two\nlines", '5" pipe'], "b": ['he said "hi"', "x\r\ny", "z"]}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1,b,c", "expected 2 cells, found 3: '1,b,c'"),
        ("1", "expected 2 cells, found 1: '1'"),
        ("1,b\0c", "NUL byte"),
    ],
)
def test_a_damaged_row_is_reported_with_its_line_and_the_others_are_kept(tmp_path, line, what):
    raw = read(write(tmp_path, with_line(line)))
    (problem,) = raw.problems
    assert problem.where == "t.csv line 10"
    assert what in problem.what
    assert problem.row == 8
    assert not problem.kept
    assert raw.num_rows == 59
    assert raw.rows.tolist() == [i for i in range(60) if i != 8]
    assert raw.table.column("age").to_pylist() == [str(i) for i in raw.rows]


def test_line_numbers_count_line_ends_inside_quotes_and_blank_lines(tmp_path):
    text = CLEAN.replace("2,n2\n", '2,"n\n\n2"\n\n').replace("9,n9\n", "9\n")
    assert [p.where for p in read(write(tmp_path, text)).problems] == ["t.csv line 14"]


def test_a_stray_quote_costs_its_own_row_only(tmp_path):
    text = CLEAN.replace("8,n8\n", '8,"n8\n').replace("20,n20\n", '20,"n20"\n')
    raw = read(write(tmp_path, text))
    (problem,) = raw.problems
    assert problem.where == "t.csv line 10"
    assert "quote" in problem.what
    assert raw.rows.tolist() == [i for i in range(60) if i != 8]


def test_a_quote_never_closed_names_the_line_where_it_began(tmp_path):
    with pytest.raises(DataError, match=r"t\.csv: the quote that opens a cell on line 10 is never closed"):
        read(write(tmp_path, CLEAN.replace("8,n8\n", '8,"n8\n')))


def test_more_than_five_percent_damaged_is_refused_with_the_first_five(tmp_path):
    lines = CLEAN.splitlines(keepends=True)
    few = "".join("x\n" if i in (10, 20, 30) else line for i, line in enumerate(lines))
    assert read(write(tmp_path, few)).num_rows == 57
    many = "".join("x\n" if i % 9 == 5 else line for i, line in enumerate(lines))
    with pytest.raises(DataError, match=r"7 of 60 rows cannot be used, more than the 5%") as error:
        read(write(tmp_path, many))
    assert re.findall(r"line (\d+)", str(error.value)) == ["6", "15", "24", "33", "42"]


def test_a_file_in_cp1252_is_kept_with_a_remark_and_utf8_rows_stay_utf8(tmp_path):
    text = CLEAN.replace("n8\n", "Jos\u00e9\n").replace("n20\n", "\u20ac20\n")
    mixed = text.encode("cp1252") + "60,Zo\u00eb\n".encode()
    raw = read(write(tmp_path, mixed))
    names = raw.table.column("name").to_pylist()
    assert (names[8], names[20], names[60]) == ("Jos\u00e9", "\u20ac20", "Zo\u00eb")
    (remark,) = raw.problems
    assert remark.kept
    assert "line 10" in remark.where
    assert "byte 0xe9" in remark.where
    assert "2 row(s)" in remark.what
    assert "cp1252" in remark.what
    assert raw.rows is None


def test_a_byte_that_is_neither_utf8_nor_cp1252_is_reported(tmp_path):
    raw = read(write(tmp_path, CLEAN.encode().replace(b"n8\n", b"n\x818\n")))
    assert raw.num_rows == 59
    assert "byte 0x81 at position 4" in raw.problems[0].what
    assert "UTF-8" in raw.problems[0].what


def test_utf16_cut_in_the_middle_is_refused(tmp_path):
    with pytest.raises(DataError, match="UTF-16"):
        read(write(tmp_path, CLEAN.encode("utf-16")[:-1]))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (b"a,b,a", "same name for several columns: 'a'"),
        (b"a,,b,", "columns 2, 4 of 4 without a name"),
        (b",a,b", r"column 1 of 3 without a name.*index=False"),
        (b"a,b\0", "header is damaged"),
    ],
)
def test_a_bad_header_is_refused(tmp_path, header, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, header + b"\n1,2,3\n"))


def test_a_header_of_numbers_is_remarked(tmp_path):
    raw = read(write(tmp_path, "5.1,3.5\n" + "1,2\n" * 5))
    assert raw.num_rows == 5
    assert raw.problems[0].kept
    assert "holds only numbers" in raw.problems[0].what


@pytest.mark.parametrize(("content", "message"), [("", "is empty"), ("\n\n", "is empty"), ("a,b\n", "no examples")])
def test_a_file_without_rows_is_refused(tmp_path, content, message):
    with pytest.raises(DataError, match=message):
        read(write(tmp_path, content))


def test_blank_lines_between_the_rows_of_one_column_are_remarked(tmp_path):
    raw = read(write(tmp_path, 'text\nhello\n\n""\nworld\n\n\n'))
    assert raw.table.to_pydict() == {"text": ["hello", None, "world"]}
    assert raw.problems[0].kept
    assert "1 blank line" in raw.problems[0].what
    assert raw.problems[0].where == "t.csv line 3"


def test_a_target_that_is_no_column_is_refused_with_the_nearest_name(tmp_path):
    path = write(tmp_path, CLEAN)
    assert read(path, target="name").target == "name"
    with pytest.raises(DataError, match=r"t\.csv has no column 'nmae' to predict\. Did you mean 'name'\?"):
        read(path, target="nmae")


def test_a_tsv_with_a_header_is_a_table(tmp_path):
    raw = read(write(tmp_path, CLEAN.replace(",", "\t"), "t.tsv"))
    assert raw.table.column_names == ["age", "name"]
    assert raw.num_rows == 60
    assert not raw.arrays
