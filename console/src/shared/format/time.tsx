import { dateTime, relative } from "@/shared/format/times.ts"

/** A moment as a distance, the exact time on hover. */
export function Ago({ at }: { at: string | null | undefined }) {
  return at ? <time dateTime={at} title={dateTime(at)}>{relative(at)}</time> : <span>–</span>
}
