// Server-sent events of an answer (WHATWG HTML, section 9.2), and the lines below them.

export type ServerEvent = { event: string; id: string; data: string }

/** The lines of an answer as they come. Whoever stops reading hangs up. */
export async function* lines(answer: Response): AsyncGenerator<string> {
  if (!answer.body) return
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ""
  try {
    for (;;) {
      const { value, done } = await reader.read()
      rest += value ?? ""
      const found = rest.split(/\r\n|\n|\r(?!$)/)
      rest = done ? "" : (found.pop() ?? "")
      yield* found
      if (done) return
    }
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

/** The events of an answer; comments are left out. */
export async function* events(answer: Response): AsyncGenerator<ServerEvent> {
  let event = "message"
  let id = ""
  let data: string[] = []
  for await (const line of lines(answer)) {
    if (line === "") {
      if (data.length) yield { event, id, data: data.join("\n") }
      event = "message"
      data = []
      continue
    }
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (name === "event") event = value ?? ""
    else if (name === "id") id = value ?? ""
    else if (name === "data") data.push(value ?? "")
  }
}
