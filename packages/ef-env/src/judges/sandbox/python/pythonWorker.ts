import { serveRuns } from '../serveRuns.ts';
import { type PythonImage, pythonImage } from './pythonImage.ts';
import { runPython } from './runPython.ts';

// The worker that pythonSandbox starts. It either boots Pyodide and gives its image, or runs programs on one.
void serveRuns(
  async ({ image }) => runPython(image as PythonImage), // from pythonImage, through the host
  pythonImage,
);
