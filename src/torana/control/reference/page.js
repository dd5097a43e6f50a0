// Draws the OpenAPI file: routes by tag, each with what it needs, takes and answers.
"use strict"

const METHODS = ["get", "post", "put", "patch", "delete"]

function made(tag, text, parent) {
  const node = document.createElement(tag)
  if (text) node.textContent = text
  if (parent) parent.append(node)
  return node
}

function resolved(node, file) {
  if (!node || !node.$ref) return node
  return node.$ref.slice(2).split("/").reduce((found, part) => found && found[part], file)
}

function exampleOf(media) {
  if (!media) return undefined
  if (media.example !== undefined) return media.example
  const first = media.examples && Object.values(media.examples)[0]
  return first && first.value
}

function shownBody(parent, heading, content) {
  for (const [kind, media] of Object.entries(content || {})) {
    made("h3", `${heading} · ${kind}`, parent)
    const example = exampleOf(media)
    made("pre", typeof example === "string" ? example : JSON.stringify(example ?? {}, null, 2), parent)
  }
}

function filled(box, operation, file) {
  const inside = made("div", "", box)
  inside.className = "inside"
  if (operation.description) made("p", operation.description, inside)
  const needs = operation["x-torana-permission"]
  const said = needs ? `Needs the permission ${needs.join(" or ")}.` : (operation.security || []).length ? "Needs a credential." : "Open to everybody."
  made("p", said, inside).className = "needs"
  const parameters = (operation.parameters || []).map((one) => resolved(one, file))
  if (parameters.length) {
    made("h3", "Parameters", inside)
    const body = made("tbody", "", made("table", "", inside))
    for (const one of parameters) {
      const row = made("tr", "", body)
      made("code", one.name, made("td", "", row))
      made("td", one.in + (one.required ? ", required" : ""), row)
      made("td", one.description || (one.schema && one.schema.description) || "", row)
    }
  }
  const asked = resolved(operation.requestBody, file)
  if (asked) shownBody(inside, "Body", asked.content)
  for (const [status, answer] of Object.entries(operation.responses || {})) {
    const found = resolved(answer, file)
    if (status.startsWith("2")) shownBody(inside, `Answer ${status}`, found.content)
  }
  made("h3", "Refusals", inside)
  const refusals = made("tbody", "", made("table", "", inside))
  for (const [status, answer] of Object.entries(operation.responses || {})) {
    if (status.startsWith("2")) continue
    const row = made("tr", "", refusals)
    made("td", status, row)
    made("td", resolved(answer, file).description, row)
  }
}

function drawn(file, wanted) {
  const main = document.getElementById("routes")
  main.replaceChildren()
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean)
  const tags = new Map()
  for (const [path, item] of Object.entries(file.paths)) {
    for (const method of METHODS.filter((one) => item[one])) {
      const operation = item[method]
      const text = `${method} ${path} ${operation.summary || ""} ${(operation.tags || []).join(" ")}`.toLowerCase()
      if (!words.every((word) => text.includes(word))) continue
      const tag = (operation.tags || ["other"])[0]
      tags.set(tag, [...(tags.get(tag) || []), { method, path, operation }])
    }
  }
  for (const [tag, rows] of tags) {
    made("h2", tag, main)
    for (const { method, path, operation } of rows) {
      const box = made("details", "", main)
      const summary = made("summary", "", box)
      made("b", method.toUpperCase(), summary)
      made("code", path, summary)
      made("span", operation.summary ? ` — ${operation.summary}` : "", summary)
      box.addEventListener("toggle", () => box.open && box.children.length === 1 && filled(box, operation, file))
    }
  }
  if (!tags.size) made("p", "No route has these words.", main)
}

async function begin() {
  const answer = await fetch("/openapi.json")
  if (!answer.ok) throw new Error(`/openapi.json answered ${answer.status}`)
  const file = await answer.json()
  document.getElementById("about").textContent = file.info.description || ""
  const find = document.getElementById("find")
  find.addEventListener("input", () => drawn(file, find.value))
  drawn(file, "")
}

begin().catch((fault) => {
  document.getElementById("about").textContent = `The reference cannot be shown: ${fault.message}. Load the page again.`
})
