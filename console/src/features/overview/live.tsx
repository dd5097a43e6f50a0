import { Link } from "@tanstack/react-router"
import { Pause, Play } from "lucide-react"
import { useEffect, useState } from "react"
import { events } from "@/client/events.ts"
import { type Answer, send } from "@/client/request.ts"
import { strings } from "@/features/overview/strings.ts"
import { duration, money, number } from "@/shared/format/numbers.ts"
import { timeOnly } from "@/shared/format/times.ts"
import { Button } from "@/shared/parts/button.tsx"
import { Badge, Card } from "@/shared/parts/small.tsx"

type Ended = Answer<"GET /api/v1/admin/usage/requests">["items"][number]
const MOST = 12
const AGAIN_MS = 3000

/** Follows requests as they end, until `isOn` is false; a stream that is over or breaks is taken up again. */
function useTail(isOn: boolean) {
  const [rows, setRows] = useState<readonly Ended[]>([])
  const [lost, setLost] = useState(0)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    if (!isOn) return
    const stop = new AbortController()
    const follow = async () => {
      while (!stop.signal.aborted) {
        try {
          const answer = await send("GET", "/api/v1/admin/usage/tail", { signal: stop.signal, headers: { accept: "text/event-stream" } })
          setFailed(false)
          for await (const { event, data } of events(answer)) {
            if (event === "request") setRows((before) => [JSON.parse(data) as Ended, ...before].slice(0, MOST))
            if (event === "lost") setLost((before) => before + (JSON.parse(data) as { requests: number }).requests)
          }
        } catch {
          if (stop.signal.aborted) return
          setFailed(true)
        }
        await new Promise((done) => setTimeout(done, AGAIN_MS))
      }
    }
    void follow()
    return () => stop.abort()
  }, [isOn])
  return { rows, lost, failed }
}

export function Live() {
  const [isOn, setOn] = useState(true)
  const { rows, lost, failed } = useTail(isOn)
  const action = (
    <span className="flex flex-wrap gap-1">
      <Button kind="quiet" icon={isOn ? <Pause size={15} /> : <Play size={15} />} onClick={() => setOn(!isOn)}>{isOn ? strings.pause : strings.resume}</Button>
      <Link to={"/requests" as string} className="touch inline-flex items-center rounded-lg px-3 text-sm font-medium text-accent hover:bg-soft">{strings.toRequests}</Link>
    </span>
  )
  return (
    <Card title={strings.live} action={action}>
      <p className="mb-3 text-sm text-quiet">{strings.liveText}{lost > 0 && ` ${strings.lost(lost)}`}</p>
      {failed && <p role="status" className="mb-2 text-sm text-warn">{strings.liveFailed}</p>}
      {rows.length === 0 ? <p className="breathe text-sm text-quiet">{strings.waiting}</p> : (
        <ul aria-label={strings.live} className="grid text-sm">
          {rows.map((row) => (
            <li key={row.receipt_id} className="rise flex min-h-11 flex-wrap items-center gap-x-3 gap-y-0.5 border-t py-1 first:border-t-0">
              <time dateTime={row.at} className="figures text-quiet">{timeOnly(row.at)}</time>
              <Link to={"/requests" as string} search={{ request: row.request_id } as never} className="touch inline-flex min-w-0 flex-1 items-center truncate font-medium hover:underline">{row.model || "–"}</Link>
              <Badge tone={row.ending === "completed" ? "good" : "bad"}>{row.error_code || row.ending}</Badge>
              <span className="figures text-quiet">{number(row.input_tokens + row.output_tokens)} · {duration(row.duration_ms)} · {row.priced ? money(row.cost, row.currency) : "–"}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  )
}
