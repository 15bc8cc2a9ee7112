namespace Byok.Testing.Behaviour.KeyLife;

/// <summary>
/// What must be so after a sequence of commands, by what their callers were told alone: it knows no tags, states or orders, and shares no code with the pipeline.
/// </summary>
internal sealed class KeyLifeModel
{
    private bool _hasOpenRevocation;
    private bool _hasOpenRestore;
    private bool _hasOpenOther;

    /// <summary>Blobs that were told to be protected, and what they hold.</summary>
    public Dictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>Whether the key must be usable, or refused; null when a killed command left it open.</summary>
    public bool? IsUsable { get; private set; }

    /// <summary>Whether a killed command may still go on beside the others.</summary>
    public bool IsSomethingOpen => _hasOpenRevocation || _hasOpenRestore || _hasOpenOther;

    /// <summary>Whether a killed bring or rotation may.</summary>
    public bool IsVersionUnderWay => _hasOpenOther;

    /// <summary>A bring or a rotation ended well.</summary>
    public void Advanced()
    {
        IsUsable = _hasOpenRevocation ? null : true;
    }

    /// <summary>A revocation ended well. What was asked for before it has nothing to say any more.</summary>
    public void Revoked()
    {
        IsUsable = false;
        _hasOpenRevocation = _hasOpenRestore = false;
    }

    /// <summary>A restore ended well.</summary>
    public void Restored()
    {
        IsUsable = true;
        _hasOpenRevocation = _hasOpenRestore = false;
    }

    /// <summary>A command's process was killed: whether it had begun nobody knows, and it goes on beside a later one.</summary>
    public void Killed(KeyCommand command)
    {
        switch (command)
        {
            case KeyCommand.Disable or KeyCommand.Delete:
                _hasOpenRevocation = true;
                IsUsable = IsUsable == false ? false : null;
                break;
            case KeyCommand.Restore:
                _hasOpenRestore = true;
                IsUsable = IsUsable == true && !_hasOpenRevocation ? true : null;
                break;
            default:
                _hasOpenOther = true;
                break;
        }
    }

    /// <summary>No instance is left that has not ended.</summary>
    public void NothingOpen() => _hasOpenRevocation = _hasOpenRestore = _hasOpenOther = false;
}
