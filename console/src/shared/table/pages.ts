import { type QueryKey, useInfiniteQuery } from "@tanstack/react-query"
import { useMemo } from "react"

export type Page<Row> = { items: Row[]; next_cursor?: string | null }
const MOST_PAGES = 1000

/** A list by keyset paging: the rows so far, and how to have more. `load` is given the cursor (undefined: from the start). */
export function usePages<Row>(key: QueryKey, load: (cursor: string | undefined, signal?: AbortSignal) => Promise<Page<Row>>) {
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  })
  const pages = found.data?.pages
  const rows = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages])
  return {
    rows,
    isPending: found.isPending,
    error: found.error,
    reload: () => void found.refetch(),
    hasMore: found.hasNextPage,
    loadMore: () => void found.fetchNextPage(),
    loadingMore: found.isFetchingNextPage,
    loadAll: () => allRows(load),
  }
}

/** Every row, page after page. */
export async function allRows<Row>(load: (cursor: string | undefined) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const found = await load(cursor)
    rows.push(...found.items)
    cursor = found.next_cursor ?? undefined
    if (cursor === undefined) break
  }
  return rows
}
