//! Tables, files and plots of what an experiment found.
