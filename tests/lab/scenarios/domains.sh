# machine: base
# guests: vm1
# weight: 60
# timeout: 400
#
# xvtd refuses guests that cannot have a hot-plugged device, and names the remedy.
. /lab/dom0/lib.sh

before=$(host_drivers)
guest_create noiommu -passthrough
ok "a guest without passthrough comes up" guest_wait noiommu
exits 6 "xvtd refuses a guest without passthrough" xvtd assign noiommu 2:0.0 7
like "$err" "noiommu: it was created without an IOMMU" "the message names the reason"
like "$err" 'hint: put passthrough = "enabled" into its cfg' "the hint names the line of the cfg"
exits 0 "pci-list works for this guest" xvtd pci-list noiommu
exits 0 "detach from this guest is success" xvtd detach noiommu 2:0.0
guest_destroy noiommu

guest_create pvh 'type = "pvh"' -vga -vnc -passthrough
exits 6 "a PVH guest is refused" xvtd assign pvh 2:0.0
like "$err" "PVH guest" "the message says that it is a PVH guest"
guest_destroy pvh

guest_create pv 'type = "pv"' 'extra = "console=hvc0"' -vga -vnc -passthrough
exits 6 "a PV guest is refused" xvtd assign pv 2:0.0
like "$err" "PV guest" "the message says that it is a PV guest"
exits 0 "pci-list works for a PV guest" xvtd pci-list pv
guest_destroy pv

# Not created by libxl: libxl has stored nothing about it.
stored=$(echo /var/lib/xen/userdata-d."$(guest_id vm1)".*.libxl-json)
mv "$stored" /run/lab/userdata
exits 6 "a guest that libxl did not create is refused" xvtd assign vm1 2:0.0
like "$err" "not created by libxl" "the message says that libxl did not create it"
mv /run/lab/userdata "$stored"

is "$(host_drivers)" "$before" "nothing was touched"
exits 4 "dom0 is no guest" xvtd assign 0 2:0.0
done_testing
