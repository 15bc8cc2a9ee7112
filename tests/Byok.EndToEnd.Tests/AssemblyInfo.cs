using System.Runtime.Versioning;

// SoftHSM, file modes and SIGKILL: the local stack runs on Linux.
[assembly: SupportedOSPlatform("linux")]
