using System.Text;
using Byok.Agent.Commands;

if (Environment.UserInteractive) // a Windows service has no console
{
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}

return await AgentCommandLine.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
