namespace Byok.Export.Tests;

/// <summary>What happens to a message between pipeline and agent.</summary>
public enum ChannelFault
{
    None,
    LostBeforeTheAgent,
    LostAfterTheAgent,
    AgentKilledBefore,
    AgentKilledAfter,
    AnswerOfSomethingOnTheWay,
}
