// Before anything is painted: the colours that were chosen last time.
(() => {
  try {
    const theme = localStorage.getItem('rtmate-console-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is not allowed: the system's colours.
  }
})();
