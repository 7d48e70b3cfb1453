declare module 'lucide-static/icons/*.svg' {
  import type { Icon } from './components/text/icon.tsx';

  /** scripts/console/icons.ts turns the file into a component. */
  const icon: Icon;
  export default icon;
}
