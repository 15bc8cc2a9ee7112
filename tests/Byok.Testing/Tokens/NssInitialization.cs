using System.Runtime.InteropServices;
using Net.Pkcs11Interop.Common;

namespace Byok.Testing.Tokens;

/// <summary>
/// NSS softokn reads its database folder from <c>LibraryParameters</c>, a field that NSS adds to <c>CK_C_INITIALIZE_ARGS</c> and that
/// Pkcs11Interop does not know. So the module is initialised here first; the <c>C_Initialize</c> of <c>Pkcs11Library.Load</c> then answers
/// <c>CKR_CRYPTOKI_ALREADY_INITIALIZED</c>, which is no failure: as with any module that its host process has initialised already.
/// </summary>
internal static class NssInitialization
{
    /// <exception cref="Pkcs11Exception">The module refused.</exception>
    /// <exception cref="DllNotFoundException">The module cannot be loaded.</exception>
    internal static void Initialize(string path, string parameter)
    {
        // Never freed: Pkcs11Interop holds the module by a count of its own.
        var module = NativeLibrary.Load(path);
        var getFunctionList = Marshal.GetDelegateForFunctionPointer<GetFunctionList>(NativeLibrary.GetExport(module, "C_GetFunctionList"));
        Check("C_GetFunctionList", getFunctionList(out var functionList));

        // CK_FUNCTION_LIST: a two-byte version, padded to a pointer, then C_Initialize.
        var initialize = Marshal.GetDelegateForFunctionPointer<InitializeModule>(Marshal.ReadIntPtr(functionList, IntPtr.Size));
        var text = Marshal.StringToCoTaskMemUTF8(parameter);
        try
        {
            var arguments = new Arguments { Flags = new CULong(CKF.CKF_OS_LOCKING_OK), LibraryParameters = text };
            Check("C_Initialize", initialize(ref arguments));
        }
        finally
        {
            Marshal.FreeCoTaskMem(text);
        }
    }

    private static void Check(string method, CULong returnValue)
    {
        var value = (CKR)returnValue.Value;
        if (value is not (CKR.CKR_OK or CKR.CKR_CRYPTOKI_ALREADY_INITIALIZED))
        {
            throw new Pkcs11Exception(method, value);
        }
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate CULong GetFunctionList(out IntPtr functionList);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate CULong InitializeModule(ref Arguments arguments);

    [StructLayout(LayoutKind.Sequential)]
    private struct Arguments
    {
        public IntPtr CreateMutex;
        public IntPtr DestroyMutex;
        public IntPtr LockMutex;
        public IntPtr UnlockMutex;
        public CULong Flags;
        public IntPtr LibraryParameters;
        public IntPtr Reserved;
    }
}
