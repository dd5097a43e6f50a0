import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { useEffect, useState } from "react"
import { router } from "@/app/router.tsx"
import { ApiError } from "@/client/errors.ts"
import { currentUser, renew, watchSession } from "@/client/session.ts"
import { setPlace } from "@/shared/format/place.ts"

const FRESH_MS = 15_000
const MOST_RETRIES = 2

/** Only what may go better the second time is tried again. */
function mayRetry(failures: number, error: unknown): boolean {
  return failures < MOST_RETRIES && error instanceof ApiError && (error.status === 0 || error.status >= 502)
}

const queries = new QueryClient({ defaultOptions: { queries: { staleTime: FRESH_MS, retry: mayRetry, refetchOnWindowFocus: false } } })

let seenBy: string | undefined

/** A session began or ended: what one user saw is nothing for the next, who may live elsewhere. */
function onSession(): void {
  const user = currentUser()
  if (user?.id !== seenBy) queries.clear()
  seenBy = user?.id
  if (user) setPlace({ locale: user.settings.locale || undefined, zone: user.settings.time_zone || undefined, currency: user.settings.currency || "USD" })
}

export function App() {
  const [isReady, setReady] = useState(false)
  useEffect(() => {
    const stop = watchSession(onSession)
    void renew().finally(() => setReady(true))
    return stop
  }, [])
  if (!isReady) return null
  return (
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  )
}
