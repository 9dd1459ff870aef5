// Before anything is drawn: light or dark, as was chosen here, or else as the system has it.
(function () {
  var chosen = null
  try { chosen = localStorage.getItem('bailee-scheme') } catch { /* a browser that keeps nothing follows its system */ }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light')
})()
