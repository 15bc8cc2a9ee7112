using System.Text;
using Byok.Cli;

// Whatever the locale says: JSON is UTF-8, and in any other encoding names are lost.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return await CommandLine.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
