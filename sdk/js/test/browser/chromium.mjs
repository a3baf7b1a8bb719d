// A real browser, and a page in it that has this library.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
    ],
  });
}

/** What the page needs of React and react-dom, in one module: of both there must be one only. */
export async function reactModule() {
  const names = ['createContext', 'createElement', 'StrictMode', 'useCallback', 'useContext', 'useEffect', 'useRef', 'useState', 'useSyncExternalStore'];
  const { outputFiles } = await build({
    stdin: {
      contents: `import React from 'react'; import Dom from 'react-dom/client';
        export const { ${names.join(', ')} } = React; export const { createRoot } = Dom;`,
      resolveDir: fileURLToPath(new URL('../..', import.meta.url)),
    },
    bundle: true, format: 'esm', write: false, define: { 'process.env.NODE_ENV': '"development"' },
  });
  return outputFiles[0].text;
}
