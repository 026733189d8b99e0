"""JupyterLab in a real browser: what an operator sees and does with a notebook.

Pictures of what was seen are kept in the folder that SCREENSHOTS names, else in pytest's temporary folder.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import nbformat
import pytest

from tests.live.harness.jupyter import page as open_page

pytestmark = [
    pytest.mark.live,
    pytest.mark.leaves(reason="kernels live as long as JupyterLab"),
    pytest.mark.timeout(180),
]

PATIENCE = 60_000  # milliseconds
CELLS = [
    "# Incident",
    "local pods = {\n  { name = 'cart-x2k', ready = '1/1', restarts = 0 },\n  { name = 'cart-zz9', ready = '0/1',"
    " restarts = 17 },\n}\nreturn view.table(pods, { title = 'Pods' })",
    "local points = {}\nfor i = 1, 30 do points[i] = { 1700000000 + 60 * i, i * i % 17 } end\n"
    "return view.chart({ { label = 'requests', points = points } }, { title = 'Requests', unit = '/s' })",
    "local server = http.serve(0, { GET = { ['/events'] = function() return { sse = function(send)\n"
    "  for i = 1, 5 do send({ data = 'tick ' .. i }) sleep(0.1) end\nend } end } }, { background = true })\n"
    "return http.events(server.url .. '/events', { reconnect = false })",
]


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory):
    folder = Path(os.environ.get("SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def lab(jupyterlab, screenshots):
    """Opens notebooks made of cells."""
    with open_page() as page:

        def open_book(name: str, *cells: str):
            book = nbformat.v4.new_notebook(
                metadata={"kernelspec": {"name": "assay", "display_name": "Assay (Lua)", "language": "lua"}}
            )
            for source in cells:
                new = nbformat.v4.new_markdown_cell if source.startswith("# ") else nbformat.v4.new_code_cell
                book.cells.append(new(source))
            nbformat.write(book, jupyterlab.folder / f"{name}.ipynb")
            page.goto(f"{jupyterlab.url}/lab/tree/{name}.ipynb?token={jupyterlab.token}&reset", timeout=PATIENCE)
            page.wait_for_selector(".jp-NotebookPanel .jp-CodeCell", timeout=PATIENCE)
            page.wait_for_function(
                "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'",
                timeout=PATIENCE,
            )
            return page

        yield open_book


def run_all(page):
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")  # not to wait for its end


def type_in_last_cell(page, text):
    cell = page.locator(".jp-CodeCell .cm-content").last
    cell.click()
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def outputs(page):
    return page.locator(".jp-OutputArea-output")


def test_tables_charts_and_streams_are_seen(lab, screenshots):
    page = lab("incident", *CELLS)
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output table >> text=cart-zz9", timeout=PATIENCE)
    page.wait_for_selector(".jp-OutputArea-output canvas.marks", timeout=PATIENCE)
    page.wait_for_selector(".jp-OutputArea-output >> text=tick 5", timeout=PATIENCE)
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.set_viewport_size({"width": 1000, "height": 1100})
    page.locator(".jp-OutputArea-output table").first.scroll_into_view_if_needed()
    page.screenshot(path=screenshots / "incident.png")  # `make picture` puts it into the README
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


def rows(page):
    """The text of each row of the table that is seen."""
    return page.locator(".jp-OutputArea-output tbody tr").all_inner_texts()


def test_a_long_table_is_filtered_sorted_and_turned_in_place(lab):
    page = lab("long", "local r = {} for i = 1, 120 do r[i] = { name = 'cart-' .. i, at = i * 7 % 120 } end return r")
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output table >> text=cart-50", timeout=PATIENCE)
    foot = page.locator(".jp-OutputArea-output [role=status]")
    assert (len(rows(page)), foot.inner_text().strip()) == (50, "page 1 of 3")
    page.get_by_role("button", name="next page").click()
    assert rows(page)[0].startswith("cart-51")
    page.get_by_role("button", name="at", exact=True).click()
    assert rows(page)[0].startswith("cart-120")
    page.locator(".jp-OutputArea-output input").fill("cart-11")
    assert (len(rows(page)), foot.inner_text().strip()) == (11, "11 of 120 rows")
    assert not page.get_by_role("button", name="next page").is_visible()


def test_a_short_table_has_no_controls_and_its_text_stands_left(lab):
    page = lab("short", CELLS[1])
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output table >> text=cart-zz9", timeout=PATIENCE)
    assert page.locator(".jp-OutputArea-output input").count() == 0
    assert not page.get_by_role("button", name="next page").is_visible()
    side = "(cell) => getComputedStyle(cell).textAlign"
    cells = page.locator(".jp-OutputArea-output tbody tr").first.locator("td")
    assert [cells.nth(at).evaluate(side) for at in range(3)] == ["left", "left", "right"]


HOSTILE = [
    "bad = [[<img src=x onerror=ran=1><script>ran=2</script></script><svg onload=ran=3>]]\n"
    "display({ { name = bad, [bad] = bad } })\nreturn { [bad] = { bad } }",
    "local points = { { 1700000000, 1 }, { 1700000060, 2 } }\n"
    "display(view.chart({ { label = bad, points = points } }, { title = bad, unit = bad }))\n"
    "display(view.chart({ [bad] = 1 }, { title = bad }))",
    "display(view.markdown(bad .. '\\n\\n' .. bad .. \"<iframe srcdoc='<script>parent.ran=4</script>'></iframe>\"))",
    "display(view.image('<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"ran=5\"><script>ran=6</script></svg>'))",
    "view.progress(2, { title = bad }):finish()\nprint(bad)\nreturn view.log({ bad }, { title = bad })",
    "error(bad)",
]


def test_what_a_server_calls_things_never_runs(lab):
    page = lab("hostile", *HOSTILE)
    page.evaluate("() => { window.ran = 0 }")
    run_all(page)
    page.wait_for_selector("[data-mime-type='application/vnd.jupyter.stderr'] >> text=onload=ran=3", timeout=PATIENCE)
    assert page.locator(".jp-OutputArea-output canvas.marks").count() == 2
    time.sleep(0.3)  # for what has yet to load
    assert page.evaluate("() => window.ran") == 0


def test_tab_completes_and_shift_tab_explains(lab, screenshots):
    page = lab("complete", "crypto.ha")
    type_in_last_cell(page, "")
    page.keyboard.press("Tab")
    page.wait_for_selector(".jp-Completer-item >> text=hash", timeout=PATIENCE)
    page.screenshot(path=screenshots / "complete.png")
    page.keyboard.press("Escape")
    page.keyboard.type("sh")
    page.keyboard.press("Shift+Tab")
    page.wait_for_selector(".jp-Tooltip >> text=crypto.hash(", timeout=PATIENCE)


@pytest.mark.parametrize("code", ["while true do end", "sleep(600)"])
def test_the_stop_button_stops_the_cell_and_keeps_the_variables(lab, code):
    page = lab("stop", "local kept = 'kept it'", f"print('begun')\n{code}", "kept")
    run_all(page)
    page.wait_for_selector(".jp-OutputArea-output >> text=begun", timeout=PATIENCE)
    page.locator("[data-jp-item-name='interrupt'] >> visible=true").first.click()
    page.wait_for_selector(".jp-OutputArea-output >> text=interrupted", timeout=PATIENCE)
    time.sleep(0.5)  # what was queued behind the failed cell is given up
    page.locator(".jp-CodeCell .cm-content").last.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".jp-OutputArea-output >> text=kept it", timeout=PATIENCE)


def test_an_approval_is_an_input_box(lab, jupyterlab, screenshots):
    target = jupyterlab.folder / "approved.txt"
    page = lab("approve", "%ask", f"fs.write({str(target)!r}, 'new')\nprint('written')")
    run_all(page)
    page.wait_for_selector(".jp-Stdin-input", timeout=PATIENCE)
    assert str(target) in page.locator(".jp-Stdin-prompt").inner_text()
    assert not target.exists()
    page.screenshot(path=screenshots / "approve.png")
    page.locator(".jp-Stdin-input").fill("y")
    page.keyboard.press("Enter")
    page.wait_for_selector(".jp-OutputArea-output >> text=written", timeout=PATIENCE)
    assert target.read_text() == "new"
