(function (key, data) {
  "use strict";
  var SIZE = data.page;

  function element(name, text) {
    var made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function button(text, label, act) {
    var made = element("button", text);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  function start(root) {
    root.setAttribute("data-ready", "");
    var body = root.querySelector("tbody"), heads = root.querySelectorAll("thead th");
    var order = data.rows.map(function (row, index) { return index; });
    var found = order, page = 0, sorted = -1, falling = false;

    var bar = element("div"), label = element("label", "Filter "), filter = element("input");
    filter.type = "search";
    label.appendChild(filter);
    bar.appendChild(label);
    if (data.rows.length > data.few) root.insertBefore(bar, root.querySelector("table"));

    var status = element("span");
    status.setAttribute("role", "status");
    var previous = button("\u2039", "previous page", function () { go(page - 1); });
    var next = button("\u203a", "next page", function () { go(page + 1); });
    var foot = root.querySelector("[data-foot]");
    foot.textContent = "";
    [previous, status, next].forEach(function (part) { foot.appendChild(part); });

    function pages() { return Math.max(1, Math.ceil(found.length / SIZE)); }

    function go(to) {
      page = Math.min(Math.max(0, to), pages() - 1);
      var fragment = document.createDocumentFragment();
      found.slice(page * SIZE, (page + 1) * SIZE).forEach(function (index) {
        var line = element("tr");
        data.rows[index].forEach(function (cell, column) {
          var made = element("td", cell);
          if (data.right[column]) made.className = "right";
          line.appendChild(made);
        });
        fragment.appendChild(line);
      });
      body.textContent = "";
      body.appendChild(fragment);
      previous.disabled = page === 0;
      next.disabled = page >= pages() - 1;
      previous.hidden = next.hidden = pages() < 2;
      status.textContent = where();
    }

    function where() {
      var parts = [];
      if (pages() > 1) parts.push("page " + (page + 1) + " of " + pages());
      if (found.length < data.rows.length) parts.push(found.length + " of " + data.rows.length + " rows");
      if (data.total > data.rows.length) parts.push("the first " + data.rows.length + " of " + data.total);
      return " " + parts.join(", ") + " ";
    }

    function look() {
      var wanted = filter.value.toLowerCase();
      found = order.filter(function (index) {
        return !wanted || data.rows[index].some(function (cell) { return cell.toLowerCase().indexOf(wanted) >= 0; });
      });
      go(0);
    }

    function compare(a, b) {
      if (a === b) return 0;
      if (a === null || a === "") return 1;
      if (b === null || b === "") return -1;
      var less = typeof a === "string" ? a.localeCompare(String(b), undefined, { numeric: true }) : a - b;
      return falling ? -less : less;
    }

    function sort(column) {
      falling = sorted === column && !falling;
      sorted = column;
      var values = data.numbers[column] || data.rows.map(function (row) { return row[column]; });
      order = order.slice().sort(function (a, b) { return compare(values[a], values[b]) || a - b; });
      heads.forEach(function (head, index) {
        if (index === column) head.setAttribute("aria-sort", falling ? "descending" : "ascending");
        else head.removeAttribute("aria-sort");
      });
      look();
    }

    heads.forEach(function (head, column) {
      var made = element("button", head.textContent);
      made.type = "button";
      made.addEventListener("click", function () { sort(column); });
      head.textContent = "";
      head.appendChild(made);
    });
    filter.addEventListener("input", look);
    go(0);
  }

  document.querySelectorAll('[data-assay="' + key + '"]:not([data-ready])').forEach(start);
})
