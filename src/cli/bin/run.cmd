@node "%~dp0connect" %*
