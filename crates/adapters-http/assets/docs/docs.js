// Shows the OpenAPI document of this server.

/** Makes an element with text or children. Text is never read as HTML. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** What a schema is, in a word. */
function kind(schema) {
  if (!schema) return "";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(", ");
  if (schema.type === "array") return `list of ${kind(schema.items) || "any JSON"}`;
  return schema.type ?? "any JSON";
}

/** A table of rows, or nothing where there are none. */
function table(heads, rows) {
  if (rows.length === 0) return "";
  const head = make("tr", null, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map((cells) => make("tr", null, ...cells.map((cell) => make("td", null, cell))));
  return make("table", null, make("thead", null, head), make("tbody", null, ...body));
}

/** The keys of an object's schema. */
function fields(schema) {
  const required = new Set(schema?.required ?? []);
  const rows = Object.entries(schema?.properties ?? {}).map(([name, field]) => [
    make("code", null, name),
    kind(field),
    required.has(name) ? "yes" : "",
    field.description ?? "",
  ]);
  return table(["Key", "Type", "Always", ""], rows);
}

/** A request to try, as a shell command. */
function command(method, path, operation) {
  const lines = [`curl -X ${method.toUpperCase()} -H "Authorization: Bearer $KEY" \\`];
  if (operation.requestBody) {
    const schema = operation.requestBody.content["application/json"].schema;
    const body = schema.properties.messages
      ? { messages: [{ channel: "chat:lobby", data: { text: "hi" } }] }
      : { data: { text: "hi" } };
    lines.push(`  -d '${JSON.stringify(body)}' \\`);
  }
  lines.push(`  '${location.origin}${path}'`);
  return make("pre", null, lines.join("\n"));
}

function section(method, path, operation) {
  const title = make(
    "h2",
    { id: operation.operationId },
    make("span", { class: "method" }, method.toUpperCase()),
    make("code", null, path),
  );
  const parameters = operation.parameters.map((parameter) => [
    make("code", null, parameter.name),
    parameter.in,
    kind(parameter.schema),
    parameter.description ?? "",
  ]);
  const body = operation.requestBody?.content["application/json"].schema;
  const data = operation.responses["200"].content["application/json"].schema.properties.data;
  const answers = Object.entries(operation.responses).map(([status, answer]) => [
    status,
    answer.description,
  ]);
  return make(
    "section",
    null,
    title,
    make("p", null, `${operation.summary} ${operation.description}`),
    table(["Parameter", "In", "Type", ""], parameters),
    ...(body ? [make("h3", null, "Body"), fields(body)] : []),
    make("h3", null, "Data of a success"),
    fields(data),
    make("details", null, make("summary", null, "Answers"), table(["Status", "Reasons"], answers)),
    make("details", null, make("summary", null, "Example"), command(method, path, operation)),
    make(
      "details",
      null,
      make("summary", null, "Whole schema of the data"),
      make("pre", null, JSON.stringify(data, null, 2)),
    ),
  );
}

async function show() {
  const answer = await fetch("/v1/openapi.json");
  if (!answer.ok) throw new Error(`the document was refused with ${answer.status}`);
  const api = await answer.json();
  document.getElementById("about").textContent = api.info.description;
  const list = make("ul");
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const link = make("a", { href: `#${operation.operationId}` }, operation.summary);
      list.append(make("li", null, link));
      document.getElementById("endpoints").append(section(method, path, operation));
    }
  }
  document.getElementById("contents").append(list);
}

show().catch((error) => {
  document.getElementById("about").textContent = `${error.message}.`;
});
