import { expect, test } from "vitest"
import { events, type ServerEvent } from "@/client/events.ts"

/** An answer whose body arrives in these pieces. */
function streamed(...pieces: string[]): Response {
  return new Response(new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  }))
}

test("events are read across pieces, comments left out, lines of data joined", async () => {
  const found: ServerEvent[] = []
  for await (const one of events(streamed("retry: 2000\n: fol", "lowing\n\nevent: request\nid: 7\nda", "ta: {\"a\":\ndata: 1}\n\n", ": still here\n\nevent: over\ndata: {}\n\n"))) found.push(one)
  expect(found.map((one) => [one.event, one.id, one.data])).toEqual([["request", "7", '{"a":\n1}'], ["over", "7", "{}"]])
})
