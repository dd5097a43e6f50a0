// Where the reader is: the tenant's locale, zone and currency once known, else the browser's.
export type Place = { locale: string | undefined; zone: string | undefined; currency: string }

let place: Place = { locale: undefined, zone: undefined, currency: "USD" }

export function currentPlace(): Place {
  return place
}

/** Called by the shell when the tenant is known. Names nobody knows leave what was there. */
export function setPlace(next: Partial<Place>): void {
  try {
    new Intl.DateTimeFormat(next.locale, { timeZone: next.zone })
    new Intl.NumberFormat(next.locale, { style: "currency", currency: next.currency ?? place.currency })
  } catch {
    return
  }
  place = { ...place, ...next }
}
