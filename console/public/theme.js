// Before the first paint, so that a chosen theme does not flash. A file, because the policy allows no inline script.
try {
  const chosen = localStorage.getItem("torana.theme")
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen
} catch {
  // storage is closed to us: the system's theme it is
}
